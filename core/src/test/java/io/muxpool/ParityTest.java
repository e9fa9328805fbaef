package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the user's ssh configuration asks for is honoured over the native transport, or said. */
@Timeout(120)
class ParityTest {
    @RegisterExtension
    final LeakCheck leaks =
            LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop|async).*"));

    private final ShortTemp sockets = ShortTemp.create();
    private @Nullable OpenSshServer server;

    @AfterEach
    void stop() {
        LeakCheck.endMasters(sockets.path());
        if (server != null) {
            server.close();
        }
        sockets.close();
    }

    private Path config(OpenSshServer.Builder options, String lines) throws IOException {
        OpenSshServer started = options.start();
        server = started;
        Path config = sockets.resolve("config");
        Files.writeString(config, lines + "\n" + Files.readString(started.clientConfig()));
        return config;
    }

    private ConnectionPool auto(Path config, UnaryOperator<Remote.Builder> options) {
        Remote.Builder remote = Remote.builder(SshEndpoint.ALIAS)
                .sshProgram(Ssh.program())
                .configFile(config)
                .socketDir(sockets.path());
        return ConnectionPool.open(options.apply(remote).build(), "parity");
    }

    private boolean hasMode(String mode) {
        return Files.isDirectory(sockets.resolve(mode));
    }

    @Test
    void variablesOfTheConfigurationReachTheCommand() throws Exception {
        Path config = config(
                OpenSshServer.builder().option("AcceptEnv", "PARITY_*"), "SetEnv PARITY_SET=\"a b\"\nSendEnv PATH");
        try (ConnectionPool pool = auto(config, UnaryOperator.identity())) {
            assertThat(pool.run("sh", "-c", "echo $PARITY_SET").check().stdoutText())
                    .isEqualTo("a b\n");
        }
        assertThat(hasMode("mux")).isTrue();
    }

    @Test
    void aForcedTerminalIsGiven() throws Exception {
        OpenSshServer.assumeTerminals();
        Path config = config(OpenSshServer.builder(), "RequestTTY force");
        try (ConnectionPool pool = auto(config, remote -> remote.extraOptions(List.of("-oBatchMode=yes", "-x")))) {
            assertThat(pool.run("tty").check().stdoutText()).startsWith("/dev/");
            assertThat(pool.run("stty", "size").check().stdoutText()).startsWith("24 80");
        }
    }

    @Test
    void anAgentToForwardSendsThePoolDownTheLadder() throws Exception {
        Path config = config(OpenSshServer.builder(), "ForwardAgent yes");
        try (ConnectionPool pool = auto(config, UnaryOperator.identity())) {
            assertThat(pool.run("echo", "down").check().stdoutText()).isEqualTo("down\n");
        }
        assertThat(hasMode("process")).isTrue();
        assertThat(hasMode("mux")).isFalse();
        try (ConnectionPool pool = auto(config, remote -> remote.transport(TransportKind.MUX))) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(NotStartedException.class)
                    .hasMessageContaining("ForwardAgent");
        }
    }

    @Test
    void aConfiguredCommandIsAnErrorThatSaysWhatToDo() throws Exception {
        Path config = config(OpenSshServer.builder(), "RemoteCommand uptime");
        try (ConnectionPool pool = auto(config, UnaryOperator.identity())) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(NotStartedException.class)
                    .hasMessageContaining("RemoteCommand (uptime)");
        }
        List<String> words = new ArrayList<>(List.of("-oRemoteCommand=none"));
        words.addAll(Remote.DEFAULT_EXTRA_OPTIONS);
        try (ConnectionPool pool = auto(config, remote -> remote.extraOptions(words))) {
            pool.run("true").check();
        }
    }

    @Test
    void mastersOfTwoModesAreNeverTheSame() throws Exception {
        Path config = config(OpenSshServer.builder(), "");
        try (ConnectionPool mux = auto(config, remote -> remote.transport(TransportKind.MUX));
                ConnectionPool process = auto(config, remote -> remote.transport(TransportKind.PROCESS))) {
            assertThat(mux.run("true").check().masterPid())
                    .isNotEqualTo(process.run("true").check().masterPid());
        }
        assertThat(Leases.list(sockets.path()))
                .extracting(lease -> lease.socket().startsWith(sockets.resolve("mux")))
                .containsExactlyInAnyOrder(true, false);
    }

    @Test
    void aLineTooLongForAPacketIsNotStarted() throws Exception {
        Path config = config(OpenSshServer.builder(), "");
        try (ConnectionPool pool = auto(config, UnaryOperator.identity())) {
            assertThatThrownBy(() -> pool.run("echo", "x".repeat(300_000)))
                    .isInstanceOf(NotStartedException.class)
                    .hasMessageContaining("standard input");
            assertThat(pool.run("echo", "well").check().stdoutText()).isEqualTo("well\n");
        }
    }
}
