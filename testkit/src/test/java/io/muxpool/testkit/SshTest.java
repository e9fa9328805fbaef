package io.muxpool.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class SshTest {

    @Test
    void isTheSystemsUnlessAnotherIsNamed() {
        assertThat(Ssh.program(Optional.empty())).isEqualTo("ssh");
        assertThat(Ssh.server(Optional.empty())).isAbsolute().isExecutable();
        assertThat(Ssh.serverOptions(Optional.empty())).isEmpty();
    }

    @Test
    void isThatOfTheDirectoryThatIsNamed() throws IOException {
        try (ShortTemp temp = ShortTemp.create()) {
            Optional<Path> root = Optional.of(temp.path());
            Path client = program(temp, "usr/bin/ssh");
            Path server = program(temp, "usr/sbin/sshd");
            assertThat(Ssh.program(root)).isEqualTo(client.toString());
            assertThat(Ssh.server(root)).isEqualTo(server);
            assertThat(Ssh.serverOptions(root)).isEmpty();
            Path session = program(temp, "usr/lib/openssh/sshd-session");
            assertThat(Ssh.serverOptions(root)).containsExactly("SshdSessionPath " + session);
        }
    }

    @Test
    void saysWhenTheDirectoryHoldsNone() {
        assertThatThrownBy(() -> Ssh.program(Optional.of(Path.of("/nonexistent"))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("/nonexistent/usr/bin/ssh")
                .hasMessageContaining("MUXPOOL_OPENSSH_ROOT");
    }

    /** Whichever it is, both ends of a connection are of it. */
    @Test
    void servesBothEndsOfAConnection() throws IOException {
        Process asked = new ProcessBuilder(Ssh.program(), "-V")
                .redirectErrorStream(true)
                .start();
        asked.getOutputStream().close();
        String version = asked.inputReader().readLine().split("[ ,]", -1)[0];
        asked.getInputStream().close();
        assertThat(Await.exitOf(asked, Duration.ofSeconds(30))).isZero();
        assertThat(version).startsWith("OpenSSH_");
        try (OpenSshServer server = OpenSshServer.start()) {
            Run run = Run.ssh(server.clientConfig(), "-v", "box", "true");
            assertThat(run.exit()).isZero();
            assertThat(run.err())
                    .contains("debug1: Local version string SSH-2.0-" + version)
                    .contains("remote software version " + version);
        }
    }

    private static Path program(ShortTemp temp, String name) throws IOException {
        Path program = temp.resolve(name);
        Files.createDirectories(program.getParent());
        PrivateFiles.write(program, "");
        PrivateFiles.permit(program, "rwx------");
        return program;
    }
}
