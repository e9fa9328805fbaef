package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Processes that reach a limit of their own: open files, threads. It passes, and then everything works again. */
@Timeout(120)
final class OwnLimitsTest {
    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server = OpenSshServer.builder()
            .asOrdinaryUser()
            .option("MaxStartups", "100")
            .start();

    @AfterEach
    void stop() {
        LeakCheck.endMasters(temp.path());
        server.close();
        temp.close();
    }

    @Test
    void aThreadThatCannotBeStartedEndsNeitherMuxNorLeaksASocket() throws Exception {
        assumeTrue(
                OpenSshServer.Builder.canChooseLoginShell(),
                "only root can start a process as an account that runs nothing else");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "no setpriv: apt-get install util-linux");
        Path config = forOrdinaryUser();
        List<String> asUser = List.of(
                "/usr/bin/setpriv",
                "--reuid=" + server.user(),
                "--regid=nogroup",
                "--clear-groups",
                "/bin/bash",
                "-c",
                "ulimit -u 120; exec \"$@\"",
                "bash");
        try (OtherJvm jvm = OtherJvm.startBy(
                asUser,
                LimitedJvm.class,
                List.of("-Xlog:disable"),
                "threads",
                config.toString(),
                temp.resolve("home/s").toString())) {
            assertThat(jvm.line()).isEqualTo("hello");
            assertThat(jvm.line()).startsWith("LocalLimitException: ").contains("ulimit -u");
            assertThat(jvm.line())
                    .as("descriptors that five failures left open")
                    .isEqualTo("0");
            assertThat(jvm.line()).isEqualTo("hello");
        }
    }

    @Test
    void tooManyOpenFilesAreNamedAndAMasterThatCannotBeAskedIsKept() {
        List<String> limited = List.of("/bin/bash", "-c", "ulimit -n 90; exec \"$@\"", "bash");
        try (OtherJvm jvm = OtherJvm.startBy(
                limited,
                LimitedJvm.class,
                List.of(),
                "files",
                server.clientConfig().toString(),
                temp.resolve("s").toString())) {
            assertThat(jvm.line()).isEqualTo("hello");
            assertThat(jvm.line()).isEqualTo("hello");
            assertThat(jvm.line())
                    .startsWith("LocalLimitException: ")
                    .contains("90 (ulimit -n)")
                    .contains("A connection needs 2 open files");
            assertThat(jvm.line()).isEqualTo("hello");
            assertThat(jvm.line())
                    .as("12 s in which the master cannot be asked")
                    .isEqualTo("started hello");
        }
    }

    @Test
    void aProcessThatCanOpenNothingWhenACommandEndsKnowsItsEndAllTheSame() {
        List<String> limited = List.of("/bin/bash", "-c", "ulimit -n 90; exec \"$@\"", "bash");
        try (OtherJvm jvm = OtherJvm.startBy(
                limited,
                LimitedJvm.class,
                List.of(),
                "end",
                server.clientConfig().toString(),
                temp.resolve("s").toString())) {
            assertThat(jvm.line()).isEqualTo("hello");
            assertThat(jvm.line()).isEqualTo("started hello");
            assertThat(jvm.line()).isEqualTo("hello");
        }
    }

    /** Each ends well or was not started, and a later one ends well. */
    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"PROCESS", "PLAIN"})
    void moreCommandsAtATimeThanThereMayBeOpenFilesEndWellOrAreNotStarted(TransportKind transport) {
        List<String> limited = List.of("/bin/bash", "-c", "ulimit -n 100; exec \"$@\"", "bash");
        try (OtherJvm jvm = OtherJvm.startBy(
                limited,
                CrowdedJvm.class,
                List.of(),
                transport.name(),
                server.clientConfig().toString(),
                temp.resolve("s").toString())) {
            assertThat(jvm.line()).matches("\\{hello=\\d+(, limit=\\d+)?}");
            assertThat(jvm.line()).isEqualTo("hello");
        }
    }

    /** A home with a configuration and keys that the account may read. */
    private Path forOrdinaryUser() throws IOException {
        Path home = Files.createDirectory(temp.resolve("home"));
        Files.setPosixFilePermissions(temp.path(), PosixFilePermissions.fromString("rwx--x--x"));
        String config = Files.readString(server.clientConfig());
        List<Path> all = new ArrayList<>(List.of(home));
        try (Stream<Path> files = Files.list(server.dir())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = home.resolve(file.getFileName());
                Files.copy(file, copy);
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-------"));
                config = config.replace(file.toString(), copy.toString());
                all.add(copy);
            }
        }
        Path written = Files.writeString(home.resolve("own.config"), config);
        all.add(written);
        UserPrincipal owner =
                home.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(server.user());
        for (Path file : all) {
            Files.setOwner(file, owner);
        }
        return written;
    }
}
