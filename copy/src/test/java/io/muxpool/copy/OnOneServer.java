package io.muxpool.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.ConnectionPool;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Copies to and from a real sshd, each with a server and directories of its own. */
abstract class OnOneServer {
    @RegisterExtension
    final LeakCheck leaks =
            LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop|async).*"));

    final ShortTemp temp = ShortTemp.create();

    @Nullable OpenSshServer server;

    @AfterEach
    void stop() {
        LeakCheck.endMasters(temp.path());
        OpenSshServer running = server;
        if (running != null) {
            // Those of connections that have just ended end by themselves: none is to vanish while it is killed.
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> running.connections().isEmpty());
            running.close();
        }
        temp.close();
    }

    /** A line of a shell that serves SFTP where commands run, in the server's own home directory. */
    static final String SERVE = "cd \"$HOME\" && exec " + sftpServer();

    static OpenSshServer.Builder sftp() {
        return OpenSshServer.builder().option("Subsystem", "sftp " + SERVE);
    }

    private static String sftpServer() {
        return Stream.of("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/libexec/sftp-server")
                .filter(path -> Files.isExecutable(Path.of(path)))
                .findFirst()
                .orElse("sftp-server");
    }

    final ConnectionPool pool(OpenSshServer.Builder options) {
        OpenSshServer started = options.start();
        server = started;
        return pool(started.clientConfig(), TransportKind.MUX).open();
    }

    final ConnectionPool.Builder pool(Path config, TransportKind transport) {
        Remote remote = Remote.builder(SshEndpoint.ALIAS)
                .sshProgram(Ssh.program())
                .configFile(config)
                .socketDir(temp.resolve("s"))
                .transport(transport)
                .killGrace(Duration.ofSeconds(1))
                .build();
        return ConnectionPool.builder(remote, "copies");
    }

    /** The directory that remote names are relative to. */
    final Path home() {
        OpenSshServer running = server;
        if (running == null) {
            throw new IllegalStateException("there is no server yet");
        }
        return running.home();
    }

    /** A file of this side with bytes that compress, repeat and align nowhere. */
    final Path file(String name, int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return Files.write(temp.resolve(name), bytes);
    }

    static void assertSame(Path copy, Path original) throws IOException {
        assertThat(Files.mismatch(copy, original)).isEqualTo(-1);
        assertThat(Files.getPosixFilePermissions(copy)).isEqualTo(Files.getPosixFilePermissions(original));
        assertThat(Files.getLastModifiedTime(copy).toInstant().getEpochSecond())
                .isEqualTo(Files.getLastModifiedTime(original).toInstant().getEpochSecond());
    }

    /** The names in a directory. */
    static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** The exit status of the real scp, with these words behind its options; the test is skipped where there is none. */
    final int scp(String... words) throws Exception {
        OpenSshServer running = server;
        assumeTrue(running != null && has("scp"), "no scp: install openssh-client");
        return status(Stream.concat(
                        Stream.of("scp", "-q", "-F", running.clientConfig().toString()), Stream.of(words))
                .toArray(String[]::new));
    }

    /** Whether there is such a program on this side. */
    static boolean has(String program) throws Exception {
        return status("sh", "-c", "command -v " + program) == 0;
    }

    /** The exit status of a program of this side. */
    static int status(String... words) throws Exception {
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.getOutputStream().close();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    /** What a file takes on its disk, in bytes. */
    static long allocated(Path file) throws InterruptedException {
        return Long.parseLong(LocalShell.output("du", "-k", file.toString()).split("\\s", 2)[0]) * 1024;
    }

    /** The one part in a directory. */
    static Path part(Path directory) throws IOException {
        List<String> parts = names(directory).stream()
                .filter(name -> name.contains(".part-"))
                .toList();
        assertThat(parts).hasSize(1);
        return directory.resolve(parts.get(0));
    }
}
