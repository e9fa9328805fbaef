package io.muxpool.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class OpenSshServerTest {
    /** Nobody else on this machine sleeps that long. */
    private static final String SLEEP = "sleep 617." + ProcessHandle.current().pid();

    @Test
    void runsACommandUnderItsAliasAndByUserAndHost() {
        try (OpenSshServer server = OpenSshServer.start()) {
            assertThat(Run.ssh(server.clientConfig(), "box", "echo hi").out()).isEqualTo("hi\n");
            assertThat(Run.ssh(server.clientConfig(), server.userHost(), "echo $HOME")
                            .out())
                    .isEqualTo(server.home() + "\n");
            assertThat(server.log()).contains("Accepted publickey for " + server.user());
        }
    }

    @Test
    void isRefusedByAClientThatExpectsAnotherHostKey() {
        try (OpenSshServer server = OpenSshServer.start()) {
            Run run = Run.ssh(server.clientConfigWithWrongHostKey(), "box", "echo hi");
            assertThat(run.exit()).isEqualTo(255);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).contains("Host key verification failed");
        }
    }

    @Test
    void refusesAnUnknownUserKey() {
        try (OpenSshServer server = OpenSshServer.start()) {
            Run run = Run.ssh(server.clientConfigWithUnknownUserKey(), "box", "echo hi");
            assertThat(run.exit()).isEqualTo(255);
            assertThat(run.err()).contains("Permission denied");
        }
    }

    @Test
    void optionsOverrideTheDefaults() {
        try (OpenSshServer server =
                OpenSshServer.builder().option("SetEnv", "ANSWER=42").start()) {
            assertThat(Run.ssh(server.clientConfig(), "box", "echo $ANSWER $HOME")
                            .out())
                    .isEqualTo("42 " + server.home() + "\n");
        }
    }

    @Test
    void showsTheLogOfAServerThatDoesNotStart() {
        OpenSshServer.Builder builder = OpenSshServer.builder().option("NoSuchOption", "1");
        assertThatThrownBy(builder::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("NoSuchOption");
    }

    @Test
    void killsConnectionsWithTheirCommandsButGoesOnListening() throws Exception {
        try (OpenSshServer server = OpenSshServer.start()) {
            Process ssh = new ProcessBuilder(
                            Ssh.program(), "-F", server.clientConfig().toString(), "box", "echo $$; exec sleep 600")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            long sleeper = Long.parseLong(ssh.inputReader().readLine());
            assertThat(server.connections()).hasSize(1);

            server.killConnections();

            assertThat(Await.exitOf(ssh, Duration.ofSeconds(30))).isEqualTo(255);
            assertThat(Processes.alive(sleeper)).isFalse();
            assertThat(server.connections()).isEmpty();
            assertThat(Run.ssh(server.clientConfig(), "box", "echo hi").out()).isEqualTo("hi\n");
            ssh.getInputStream().close();
        }
    }

    @Test
    void listsWhatItRunsUntilThatIsGone() throws Exception {
        try (OpenSshServer server = OpenSshServer.start()) {
            Process ssh = new ProcessBuilder(
                            Ssh.program(),
                            "-F",
                            server.clientConfig().toString(),
                            "box",
                            SLEEP + " & echo started; wait")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertThat(ssh.inputReader().readLine()).isEqualTo("started");
            // A child has the command line of its shell at first.
            await().untilAsserted(() -> assertThat(server.processes()).containsValue(SLEEP));
            assertThat(server.processes()).hasSizeGreaterThan(2).doesNotContainKey(server.pid());
            assertThat(Processes.awaitNoneWithArgument(SLEEP, Duration.ofMillis(20)))
                    .isFalse();

            server.killConnections();

            assertThat(Processes.awaitNoneWithArgument(SLEEP, Duration.ofSeconds(30)))
                    .isTrue();
            assertThat(server.processes()).isEmpty();
            assertThat(Await.exitOf(ssh, Duration.ofSeconds(30))).isEqualTo(255);
            ssh.getInputStream().close();
        }
    }

    @Test
    void whatACommandLeftInASessionOfItsOwnEndsWithTheServer() {
        assumeTrue(Files.isDirectory(Path.of("/proc/self")), "Only Linux shows the variables of a process");
        try (OpenSshServer server = OpenSshServer.start()) {
            Run left =
                    Run.ssh(server.clientConfig(), "box", "setsid " + SLEEP + " </dev/null >/dev/null 2>&1 & echo $!");
            assertThat(left.exit()).isZero();
            assertThat(Processes.awaitWithArgument(SLEEP, Duration.ofSeconds(20)))
                    .isTrue();
            assertThat(server.processes()).doesNotContainValue(SLEEP);
        }
        assertThat(Processes.withArgument(SLEEP)).isEmpty();
    }

    @Test
    void logsAsMuchAsAskedFor() {
        try (OpenSshServer server =
                OpenSshServer.builder().option("LogLevel", "DEBUG1").start()) {
            assertThat(Run.ssh(server.clientConfig(), "box", "exit 3").exit()).isEqualTo(3);
            assertThat(server.awaitLog("debug1: session_new: session 0", Duration.ofSeconds(30)))
                    .isTrue();
            assertThat(server.awaitLog("no such line", Duration.ofMillis(20))).isFalse();
        }
    }

    @Test
    void stopsTwiceAndLeavesNoDirectoryWhenClosed() {
        OpenSshServer server = OpenSshServer.start();
        server.stop();
        server.stop();
        assertThat(Processes.alive(server.pid())).isFalse();
        assertThat(server.log()).contains("Server listening");
        server.close();
        server.close();
        assertThat(Files.exists(server.dir())).isFalse();
    }
}
