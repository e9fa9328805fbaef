package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Words and variables on accounts with other login shells than a POSIX one, over a real sshd. */
@Timeout(120)
final class LoginShellTest extends OnOneServer {
    private static final Job JOB = Job.create();

    private final ShortTemp files = ShortTemp.create();

    @AfterEach
    void remove() {
        files.close();
    }

    private ConnectionPool on(RealShell shell) {
        return on(shell, TransportKind.MUX);
    }

    private ConnectionPool on(RealShell shell, TransportKind transport) {
        Assumptions.assumeTrue(
                OpenSshServer.Builder.canChooseLoginShell(),
                "only root can make an account with a login shell of choice");
        try {
            pool(OpenSshServer.builder().loginShell(shell.asFile(files.path())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return again(transport, LoginShell.UNKNOWN);
    }

    /** Another pool, as another process would open it. */
    private ConnectionPool again(TransportKind transport, LoginShell told) {
        Remote remote = pool(server().clientConfig()).open().remote().toBuilder()
                .transport(transport)
                .loginShell(told)
                .build();
        return ConnectionPool.open(remote, "shells");
    }

    private OpenSshServer server() {
        return Objects.requireNonNull(server);
    }

    private int sessions() {
        return server().log().split("Starting session: command", -1).length - 1;
    }

    private void assertArrive(ConnectionPool pool, List<String> words) {
        for (String word : words) {
            CommandResult result = pool.run("env", "printf", "%s", word);
            assertThat(result.stdoutText()).as(word).isEqualTo(word);
            assertThat(result.stderrText()).as(word).isEmpty();
            assertThat(pool.run(Command.of("env", "printenv", "V").withEnv("V", word))
                            .stdoutText())
                    .as("variable " + word)
                    .isEqualTo(word + "\n");
        }
        assertThat(server().home().resolve("pwned")).doesNotExist();
    }

    private static final List<String> HOSTILE = List.of(
            "\\'; touch pwned; echo INJECTED as (id -un); #",
            "it's; touch pwned; it's",
            "x\ntouch pwned\ny",
            "x\n`touch pwned`\n",
            "'; touch pwned; '",
            "\\'\ntouch pwned\n\\'",
            "!touch\ntouch pwned",
            "a\\\\b",
            "\\!",
            "%self",
            "=ls",
            "~root",
            "");

    @ParameterizedTest
    @EnumSource(
            value = RealShell.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NOLOGIN"})
    void noWordIsChangedOrObeyed(RealShell shell) {
        try (ConnectionPool pool = on(shell)) {
            assertArrive(pool, HOSTILE);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"PROCESS", "PLAIN"})
    void fishObeysNoWordOverTheOtherTransports(TransportKind transport) {
        try (ConnectionPool pool = on(RealShell.FISH, transport)) {
            assertArrive(pool, HOSTILE.subList(0, 3));
        }
    }

    @Test
    void fishObeysNoBackslashAndQuote() {
        try (ConnectionPool pool = on(RealShell.FISH)) {
            assertArrive(pool, List.of("\\'; touch pwned; echo INJECTED as (id -un); #"));
        }
    }

    @Test
    void fishLeavesBackslashesAndPercentSelfAlone() {
        try (ConnectionPool pool = on(RealShell.FISH)) {
            assertArrive(pool, List.of("a\\\\b", "%self", "\\\\\\\\"));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RealShell.class,
            names = {"CSH", "TCSH"})
    void cshRunsNoLineInsideOfAWordAndKeepsItsBackslash(RealShell shell) {
        try (ConnectionPool pool = on(shell)) {
            assertArrive(pool, List.of("x\ntouch pwned\ny", "\\!", "!!", "\\\n!"));
        }
    }

    @Test
    void rcObeysNoQuote() {
        try (ConnectionPool pool = on(RealShell.RC)) {
            assertArrive(pool, List.of("it's; touch pwned; it's", "''", ""));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RealShell.class,
            names = {"CSH", "TCSH", "RC", "FISH", "ELVISH", "BASH", "YASH"})
    void shellLineHasItsVariableInTheLanguageOfTheShell(RealShell shell) {
        try (ConnectionPool pool = on(shell)) {
            for (String value : List.of("v", "it's !\\ $HOME", "two\nlines", "")) {
                CommandResult result = pool.run(
                        Command.shell("env printenv V").withEnv("V", value).withEnv("W", "w"));
                assertThat(result.stdoutText()).isEqualTo(value + "\n");
                assertThat(result.stderrText()).isEmpty();
            }
        }
    }

    /** Where the variable cannot be set the line must not run without it. */
    @ParameterizedTest
    @EnumSource(
            value = RealShell.class,
            names = {"BASH", "FISH"})
    void shellLineDoesNotRunWithoutItsVariable(RealShell shell) {
        String readOnly = shell == RealShell.BASH ? "UID" : "PWD";
        try (ConnectionPool pool = on(shell)) {
            CommandResult result = pool.run(Command.shell("touch ran").withEnv(readOnly, "7"));
            assertThat(result.exit()).isNotEqualTo(new Exit.Exited(0));
            assertThat(server().home().resolve("ran")).doesNotExist();
        }
    }

    @Test
    void lineThatFishCannotParseIsNotTakenForASuccess() {
        try (ConnectionPool pool = on(RealShell.FISH)) {
            Command unclosed = Command.shell("touch ran; echo 'unclosed");
            assertThatThrownBy(() -> pool.run(unclosed))
                    .isInstanceOf(OutcomeUnknownException.class)
                    .hasMessageContaining("fish");
            // Once the shell is known, fish itself can be asked.
            assertThat(pool.run("env", "printf", "%s", "it's").stdoutText()).isEqualTo("it's");
            assertThat(pool.run(unclosed).exit()).isEqualTo(new Exit.Exited(123));
            assertThat(server().home().resolve("ran")).doesNotExist();
            assertThat(pool.run(Command.shell("echo it\\'s; exit 3")).exit()).isEqualTo(new Exit.Exited(3));
            assertThat(pool.run(Command.shell("nosuch-program; true")).exit()).isEqualTo(new Exit.Exited(0));
        }
    }

    @Test
    void shellIsLearnedOnceAndOnlyForAWordThatDependsOnIt() {
        try (ConnectionPool pool = on(RealShell.FISH)) {
            assertThat(pool.run("echo", "a b", "*").stdoutText()).isEqualTo("a b *\n");
            assertThat(pool.run(Command.shell("echo $HOME")).exit().success()).isTrue();
            assertThat(sessions()).isEqualTo(2);
            assertThat(pool.run("echo", "it's").stdoutText()).isEqualTo("it's\n");
            assertThat(sessions()).isEqualTo(4);
            assertThat(pool.run("echo", "it's").stdoutText()).isEqualTo("it's\n");
            assertThat(sessions()).isEqualTo(5);
        }
        // What one process has learned the next one finds.
        try (ConnectionPool pool = again(TransportKind.PROCESS, LoginShell.UNKNOWN)) {
            assertThat(pool.run("echo", "it's").stdoutText()).isEqualTo("it's\n");
            assertThat(sessions()).isEqualTo(6);
        }
    }

    @Test
    void loginShellThatIsToldIsNotAskedFor() {
        try (ConnectionPool unknown = on(RealShell.RC);
                ConnectionPool pool = again(TransportKind.MUX, LoginShell.RC)) {
            assertThat(pool.run("env", "printf", "%s", "it's").stdoutText()).isEqualTo("it's");
            assertThat(sessions()).isEqualTo(1);
            assertThat(pool.remote().quote("it's")).isEqualTo("'it''s'");
            assertThat(unknown.remote().quote("it's")).isEqualTo("'it'\\''s'");
        }
        try (ConnectionPool pool = again(TransportKind.MUX, LoginShell.OTHER)) {
            assertThatThrownBy(() -> pool.run("echo", "it's"))
                    .isInstanceOf(NotStartedException.class)
                    .hasMessageContaining("--login-shell");
            assertThat(pool.run("echo", "its").stdoutText()).isEqualTo("its\n");
            assertThat(sessions()).isEqualTo(2);
            assertThatIllegalArgumentException().isThrownBy(() -> pool.remote().quote("it's"));
        }
    }

    @Test
    void accountWithoutAShellStartsNothingThatDependsOnIt() {
        try (ConnectionPool pool = on(RealShell.NOLOGIN)) {
            CommandResult result = pool.run("echo", "a b");
            assertThat(result.exit()).isEqualTo(new Exit.Exited(1));
            assertThat(result.stdoutText()).contains("not available");
            assertThatThrownBy(() -> pool.run("echo", "it's"))
                    .isInstanceOf(NotStartedException.class)
                    .hasMessageContaining("not available")
                    .hasMessageContaining("--login-shell");
        }
    }

    @Test
    void forcedCommandIsRunForNoWordThatDependsOnNoShell() throws Exception {
        Assumptions.assumeTrue(OpenSshServer.Builder.canChooseLoginShell(), "needs root");
        try (ConnectionPool pool = pool(OpenSshServer.builder()
                        .loginShell(RealShell.DASH.path())
                        .option("ForceCommand", "echo run >>ran; echo forced"))
                .open()) {
            assertThat(pool.run("echo", "a b").stdoutText()).isEqualTo("forced\n");
            assertThat(Files.readAllLines(server().home().resolve("ran"))).hasSize(1);
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> pool.run("echo", "it's"))
                        .isInstanceOf(NotStartedException.class)
                        .hasMessageContaining("forced");
            }
            // Once to be asked, and not again so soon.
            assertThat(Files.readAllLines(server().home().resolve("ran"))).hasSize(2);
        }
    }

    /** A start file of the account may change how its shell reads quotes, or say something. */
    @ParameterizedTest
    @EnumSource(
            value = RealShell.class,
            names = {"ZSH", "TCSH", "BASH"})
    void startFilesThatChangeQuotingChangeNoWord(RealShell shell) throws Exception {
        try (ConnectionPool pool = on(shell)) {
            switch (shell) {
                case ZSH ->
                    Files.writeString(server().home().resolve(".zshenv"), "setopt rcquotes\necho muxpool/hello\n");
                case TCSH -> Files.writeString(server().home().resolve(".tcshrc"), "set backslash_quote\n");
                default -> Files.writeString(server().home().resolve(".bashrc"), "echo hello\n");
            }
            for (String word : HOSTILE) {
                assertThat(pool.run("env", "printf", "<%s>", word).stdoutText()).endsWith("<" + word + ">");
            }
            assertThat(server().home().resolve("pwned")).doesNotExist();
        }
    }

    @Test
    void jobThatEndsWhileTheShellIsLearnedHasStartedNothing() throws Exception {
        try (ConnectionPool pool = on(RealShell.BASH)) {
            Files.writeString(server().home().resolve(".bashrc"), "read line\n");
            Command blocked = Command.of("touch", "it's");
            // The start file waits for input, and there is none: it is at its end.
            assertThat(pool.run(blocked).exit()).isEqualTo(new Exit.Exited(0));
            Files.delete(server().home().resolve("it's"));
        }
        Files.delete(note());
        Files.writeString(server().home().resolve(".bashrc"), "exec sleep 77\n");
        try (ConnectionPool pool = again(TransportKind.MUX, LoginShell.UNKNOWN)) {
            assertThatThrownBy(() -> pool.run(Command.of("touch", "it's"), Job.withTimeout(Duration.ofSeconds(3))))
                    .isInstanceOfSatisfying(
                            JobTimeoutException.class,
                            e -> assertThat(e.commandStarted()).isFalse());
            assertThat(server().home().resolve("it's")).doesNotExist();
        }
    }

    private Path note() throws Exception {
        try (var found = Files.find(sockets.path(), 3, (path, attributes) -> path.endsWith("shell"))) {
            return found.findFirst().orElseThrow();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"MUX", "PROCESS", "PLAIN"})
    void lineThatNoServerCouldRunIsNotStartedAndDisturbsNothing(TransportKind transport) {
        try (ConnectionPool pool = pool(OpenSshServer.builder()).open();
                ConnectionPool other = again(transport, LoginShell.POSIX);
                Connection beside = other.connection()) {
            RemoteProcess cat = beside.start(Command.of("cat"), JOB);
            for (int length : new int[] {131_072 - 5, 200 * 1024, 256 * 1024 - 40, 256 * 1024, 300 * 1024}) {
                assertThatThrownBy(() -> other.run("echo", "x".repeat(length)))
                        .isInstanceOf(NotStartedException.class)
                        .hasMessageContaining("at most 131071");
            }
            assertThat(other.run("echo", "x".repeat(131_071 - 5)).stdoutText()).hasSize(131_071 - 4);
            assertThat(cat.isAlive()).isTrue();
            cat.outputWriter().write("still here\n");
            cat.outputWriter().close();
            assertThat(cat.inputReader().readLine()).isEqualTo("still here");
            assertThat(pool.remote().isLocal()).isFalse();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each variable has a frame of its own with MUX; an ssh -S sends them all in one, which may get too long. */
    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"MUX", "PROCESS"})
    void variablesThatFitIntoNoFrameAreNotSentAndDisturbNothing(TransportKind transport) throws Exception {
        pool(OpenSshServer.builder().option("AcceptEnv", "LC_*"));
        try (ConnectionPool pool = again(transport, LoginShell.POSIX);
                Connection beside = pool.connection()) {
            RemoteProcess cat = beside.start(Command.of("cat"), JOB);
            String variables = transport == TransportKind.MUX
                    ? "LC_A=" + "x".repeat(131_072 - 5)
                    : Stream.of("LC_A=", "LC_B=", "LC_C=")
                            .map(name -> name + "x".repeat(100_000))
                            .collect(Collectors.joining(" "));
            Path config = Files.writeString(
                    files.path().resolve("config"),
                    "Host *\n  SetEnv " + variables + "\n" + Files.readString(server().clientConfig()));
            Remote big = pool.remote().toBuilder().configFile(config).build();
            try (ConnectionPool other = ConnectionPool.open(big, "big")) {
                assertThatThrownBy(() -> other.run("touch", "ran"))
                        .isInstanceOf(NotStartedException.class)
                        .hasMessageContaining("SetEnv");
                assertThat(server().home().resolve("ran")).doesNotExist();
            }
            cat.outputWriter().write("still here\n");
            cat.outputWriter().close();
            assertThat(cat.inputReader().readLine()).isEqualTo("still here");
        }
    }
}
