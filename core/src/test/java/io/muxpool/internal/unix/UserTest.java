package io.muxpool.internal.unix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.Leases;
import io.muxpool.OtherJvm;
import io.muxpool.Remote;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UserTest {
    @Test
    void userIsTheOwnerOfWhatIsMadeNow() throws IOException {
        try (ShortTemp temp = ShortTemp.create()) {
            assertThat(Files.getAttribute(temp.path(), "unix:uid")).isEqualTo(User.id());
            assertThat(User.principal(User.id())).isEqualTo(Files.getOwner(temp.path()));
            assertThat(User.isTrusted(Files.getOwner(temp.path()))).isTrue();
            assertThat(User.isTrusted(User.principal(0))).isTrue();
            assertThat(User.isTrusted(User.principal(12345))).isFalse();
        }
    }

    /** On Linux the link /proc/self is root's, whoever asks. */
    @Test
    void anybodyButRootIsToldFromRootAndMayUseHisOwnDirectory() throws Exception {
        assumeTrue(User.id() == 0, "only root can be somebody else");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "nothing to be somebody else with");
        Path classes = OtherJvm.location(Remote.class);
        Path tests = OtherJvm.location(UserTest.class);
        assumeTrue(
                asNobody("test", "-r", classes.resolve("module-info.class").toString())
                        .isEmpty(),
                "others may not read the classes of this build");
        try (ShortTemp temp = ShortTemp.create()) {
            Files.setPosixFilePermissions(temp.path(), PosixFilePermissions.fromString("rwx--x--x"));
            Path own = Files.createDirectory(
                    temp.resolve("n"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.setAttribute(own, "unix:uid", 65534);
            String java =
                    Path.of(System.getProperty("java.home"), "bin", "java").toString();
            assertThat(asNobody(java, "-cp", classes + ":" + tests, Nobody.class.getName(), own.toString()))
                    .isEqualTo("65534 has 0 leases\n");
        }
    }

    private static String asNobody(String... words) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        all.addAll(List.of(words));
        Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? said : "status " + process.exitValue() + ": " + said;
    }

    /** Somebody else. */
    static final class Nobody {
        private Nobody() {}

        @SuppressWarnings("SystemOut") // how it answers
        public static void main(String[] words) {
            System.out.println(
                    User.id() + " has " + Leases.list(Path.of(words[0])).size() + " leases");
        }
    }
}
