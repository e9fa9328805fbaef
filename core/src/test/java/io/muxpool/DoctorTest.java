package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.SshEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The doctor finds what a command would meet, and nothing where a command runs. */
@Timeout(120)
final class DoctorTest {
    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server = OpenSshServer.start();

    @AfterEach
    void stop() {
        LeakCheck.endMasters(temp.path());
        server.close();
        temp.close();
    }

    private Remote remote(Path socketDir) {
        return Remote.builder(SshEndpoint.ALIAS)
                .configFile(server.clientConfig())
                .socketDir(socketDir)
                .build();
    }

    private List<Finding> examined(Path socketDir) {
        return Doctor.examine(remote(socketDir), Job.create(), each -> {});
    }

    private static int status(String... words) throws Exception {
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    /** Both meet the same thing, and say so in the same words. */
    private void assertDoctorSaysWhatRunSays(Path socketDir) {
        SocketDirectoryException run = catchThrowableOfType(SocketDirectoryException.class, () -> {
            try (ConnectionPool pool = ConnectionPool.open(remote(socketDir), "doctor")) {
                pool.run("true");
            }
        });
        assertThat(run).isNotNull();
        List<Finding> problems = examined(socketDir).stream()
                .filter(finding -> finding.verdict() == Finding.Verdict.PROBLEM)
                .toList();
        assertThat(problems).hasSize(1);
        assertThat(problems.get(0).check()).isEqualTo("socket directory");
        // The names of a lease's file and directory differ; what is wrong does not.
        String reason = String.valueOf(run.getMessage()).replaceFirst("^socket directory ", "");
        assertThat(problems.get(0).found().substring(0, 20)).isEqualTo(reason.substring(0, 20));
    }

    @Test
    void whereACommandRunsAllIsWellAndNothingIsLeft() throws IOException {
        Path sockets = temp.resolve("s");
        for (int i = 0; i < 2; i++) {
            assertThat(examined(sockets)).extracting(Finding::verdict).containsOnly(Finding.Verdict.OK);
            try (Stream<Path> left = Files.walk(sockets)) {
                assertThat(left.filter(path -> !Files.isDirectory(path))).isEmpty();
            }
            try (Stream<Path> pools = Files.list(sockets.resolve("mux"))) {
                assertThat(pools).isEmpty();
            }
        }
    }

    @Test
    void aHomeDirectoryThatItsGroupMayWriteToIsFound() throws Exception {
        Path home = Files.createDirectory(temp.resolve("home"));
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxr-x"));
        assertDoctorSaysWhatRunSays(home.resolve("s"));
    }

    @Test
    void aDirectoryOfSomebodyElseAboveIsFound() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root can give directories away");
        Path home = Files.createDirectory(temp.resolve("home"));
        Files.setAttribute(home, "unix:uid", 12345);
        assertDoctorSaysWhatRunSays(home.resolve("s"));
    }

    @Test
    void aFileSystemWithoutRoomForAFileIsFound() throws Exception {
        assertMountedIsFound("nr_inodes=3");
    }

    @Test
    void aReadOnlyFileSystemIsFound() throws Exception {
        assertMountedIsFound("ro");
    }

    private void assertMountedIsFound(String option) throws Exception {
        Path mount = Files.createDirectory(temp.resolve("mount"));
        assumeTrue(
                status("mount", "-t", "tmpfs", "-o", "mode=0700," + option, "tmpfs", mount.toString()) == 0,
                "no file system can be mounted: only root can");
        try {
            assertDoctorSaysWhatRunSays(mount.resolve("s"));
        } finally {
            assertThat(status("umount", mount.toString())).isZero();
        }
    }
}
