package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.SshEndpoint;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Terminals and subsystems over the ssh processes that carry them, on OpenSSH's sshd. */
@Timeout(120)
final class SessionKindsTest {
    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private static @Nullable OpenSshServer server;

    @BeforeAll
    static void start() {
        server = OpenSshServer.builder()
                .option("Subsystem", "echo /bin/cat")
                .option("Subsystem", "fail echo words; exit 7")
                .start();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static CommandResult run(TransportKind kind, Command command, String... options) {
        try (ShortTemp sockets = ShortTemp.create()) {
            Remote.Builder remote = Remote.builder(SshEndpoint.ALIAS)
                    .configFile(Objects.requireNonNull(server).clientConfig())
                    .socketDir(sockets.path().resolve("s"))
                    .exitOnShutdown(true)
                    .transport(kind);
            if (options.length > 0) {
                remote.extraOptions(List.of(options));
            }
            try (ConnectionPool pool = ConnectionPool.open(remote.build(), "kinds")) {
                return pool.run(command);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PROCESS", "PLAIN"})
    void terminalIsThereWithItsTypeAndBothOutputsInOne(TransportKind kind) {
        OpenSshServer.assumeTerminals();
        Command command = Command.shell("tty && echo $TERM && echo err >&2; exit 3");
        CommandResult result = run(kind, command.withPty(new Pty("vt220", 80, 24)));
        assertThat(result.exit()).isEqualTo(new Exit.Exited(3));
        assertThat(result.stdoutText()).matches("/dev/[^\r\n]+\r?\nvt220\r?\nerr\r?\n");
        assertThat(result.stderr()).isEmpty();
        assertThat(run(kind, command).stdoutText()).doesNotContain("/dev/");
    }

    @ParameterizedTest
    @EnumSource(names = "PLAIN")
    void controlDEndsTheInputOfATerminal(TransportKind kind) {
        OpenSshServer.assumeTerminals();
        CommandResult result = run(
                kind,
                Command.of("cat")
                        .withPty(Pty.of(80, 24))
                        .withStdin(Input.bytes("words\n\u0004".getBytes(StandardCharsets.US_ASCII))));
        assertThat(result.check().stdoutText()).contains("words\r\n");
    }

    @ParameterizedTest
    @EnumSource(names = "PROCESS")
    void terminalOverAMasterIsRawUntilTheCommandChangesThat(TransportKind kind) {
        OpenSshServer.assumeTerminals();
        Command command = Command.shell("stty -a; stty sane; echo cooked");
        assertThat(run(kind, command.withPty(Pty.of(80, 24))).check().stdoutText())
                .contains(" -icanon", " -echo", " -onlcr")
                .endsWith("cooked\r\n");
    }

    @ParameterizedTest
    @EnumSource(names = {"PROCESS", "PLAIN"})
    void nothingInTheInputOfATerminalIsAnOrderToSsh(TransportKind kind) {
        OpenSshServer.assumeTerminals();
        Command command = Command.shell("trap '' HUP; stty -icanon -echo min 1; head -c 8");
        CommandResult result = run(
                kind,
                command.withPty(Pty.of(80, 24))
                        .withStdin(Input.bytes("\n~.\n~~x\n".getBytes(StandardCharsets.US_ASCII))));
        assertThat(result.check().stdoutText()).contains("~.").contains("~~x");
    }

    @ParameterizedTest
    @EnumSource(names = {"PROCESS", "PLAIN"})
    void subsystemGetsItsBytesUnchanged(TransportKind kind) {
        byte[] data = new byte[200_000];
        new Random(5).nextBytes(data);
        CommandResult result = run(kind, Command.subsystem("echo").withStdin(Input.bytes(data)));
        assertThat(result.check().stdout()).isEqualTo(data);
        assertThat(result.argv()).containsExactly("echo");
    }

    @ParameterizedTest
    @EnumSource(names = {"PROCESS", "PLAIN"})
    void subsystemHasAStatusOfItsOwnWhateverSessionTypeOthersAskFor(TransportKind kind) {
        CommandResult result = run(kind, Command.subsystem("fail"), "-oBatchMode=yes", "-oSessionType=default");
        assertThat(result.exit()).isEqualTo(new Exit.Exited(7));
        assertThat(result.stdoutText()).isEqualTo("words\n");
    }

    @ParameterizedTest
    @EnumSource(names = "PLAIN")
    void subsystemThatTheServerHasNotIsNotStarted(TransportKind kind) {
        assertThatThrownBy(() -> run(kind, Command.subsystem("nosuch")))
                .isInstanceOfSatisfying(
                        NotStartedException.class,
                        e -> assertThat(e.retrySafe()).isFalse())
                .hasMessageContainingAll("nosuch", "Subsystem");
    }

    @ParameterizedTest
    @EnumSource(names = "PROCESS")
    void subsystemThatTheServerHasNotMayBeTheMeaningOf255(TransportKind kind) {
        assertThat(run(kind, Command.subsystem("nosuch")).exit())
                .isInstanceOfSatisfying(
                        Exit.Ambiguous.class,
                        exit -> assertThat(exit.meanings()).contains("no such subsystem"));
    }

    @ParameterizedTest
    @EnumSource(names = {"PROCESS", "PLAIN"})
    void sshProcessWaitsForTheEndOfTheOutputsAlsoWhenAskedToReturnOnExit(TransportKind kind) {
        CommandResult result =
                run(kind, Command.shell("(sleep 1; echo late) & echo early").withReturnOnExit(true));
        assertThat(result.check().stdoutText()).isEqualTo("early\nlate\n");
    }
}
