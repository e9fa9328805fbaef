package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A command that is given up is ended whole: the claims of its ending are held against the process table at once. */
@Timeout(120)
final class WholeKillTest extends OnOneServer {
    private static final Duration LONG = Duration.ofSeconds(60);

    private final String time = "300." + System.nanoTime() % 1_000_000_000;

    @AfterEach
    void endWhatLives() {
        Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
    }

    private static OpenSshServer.Builder takingVariables() {
        return OpenSshServer.builder().asOrdinaryUser();
    }

    private static OpenSshServer.Builder withShell(String shell) {
        assumeTrue(OpenSshServer.Builder.canChooseLoginShell(), "only root can make an account with a shell of choice");
        assumeTrue(Files.isExecutable(Path.of(shell)), shell + " is not installed");
        return OpenSshServer.builder().loginShell(Path.of(shell));
    }

    /** A kill that finds a shell there: the next may look before it signals. */
    private static void showTheShell(ConnectionPool pool) {
        Job job = Job.withTimeout(Duration.ofMillis(500));
        assertThat(catchThrowable(() -> pool.run(Command.of("sleep", "60"), job)))
                .isInstanceOf(JobTimeoutException.class);
    }

    /** Runs the command, gives it up when its sleep is there, and returns what became of it. */
    private Ending endingOf(ConnectionPool pool, Command command) {
        Job job = Job.create();
        CompletableFuture<CommandResult> running = pool.runAsync(command, job);
        assertThat(Processes.awaitCommandLine("sleep " + time, LONG)).isTrue();
        job.cancel();
        CompletionException failure = catchThrowableOfType(CompletionException.class, running::join);
        assertThat(failure.getCause()).isInstanceOf(JobCancelledException.class);
        return ((JobCancelledException) Objects.requireNonNull(failure.getCause())).ending();
    }

    private void assertEndedWhole(ConnectionPool pool, Command command) {
        Ending ending = endingOf(pool, command);
        // Before the claim is looked at: what it says must be true when it is said.
        assertThat(Processes.withArgument(time))
                .as("left by a command of which it was said: %s", ending)
                .isEmpty();
        assertThat(ending).isEqualTo(Ending.confirmedDead());
        assertThat(pool.run("echo", "next").check().stdoutText()).isEqualTo("next\n");
    }

    private Command ignoringTerm() {
        return Command.of("sh", "-c", "trap '' TERM; sleep " + time + "; sleep " + time);
    }

    @ParameterizedTest
    @CsvSource({
        "/bin/sh,LC_*",
        "/bin/sh,NONE",
        "/bin/bash,LC_*",
        "/usr/bin/zsh,LC_*",
        "/usr/bin/fish,LC_*",
        "/usr/bin/fish,NONE",
        "/usr/bin/tcsh,LC_*",
        "/bin/csh,LC_*",
        "/usr/bin/rc,LC_*"
    })
    void whatIgnoresTermDiesAlthoughTheLoginShellDiedFirst(String shell, String accepted) {
        try (ConnectionPool pool =
                pool(withShell(shell).option("AcceptEnv", accepted)).open()) {
            // Where no variable is taken, a line gets a mark once a shell is known to read it.
            showTheShell(pool);
            assertEndedWhole(pool, ignoringTerm());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"timeout 1000 sleep T", "setsid sleep T", "setsid -f sleep T; sleep T", "nohup sleep T"})
    void whatLeftTheProcessGroupDies(String line) {
        try (ConnectionPool pool = pool(takingVariables()).open()) {
            assertEndedWhole(pool, Command.shell(line.replace("T", time)));
        }
    }

    /** ssh passes no signals on: another session ends the command. */
    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"PROCESS", "PLAIN"})
    void theTransportsWithoutSignalsEndACommandWhole(TransportKind kind) {
        OpenSshServer started = takingVariables().start();
        server = started;
        Remote remote = Remote.builder(SshEndpoint.ALIAS)
                .sshProgram(Ssh.program())
                .configFile(started.clientConfig())
                .socketDir(sockets.path())
                .transport(kind)
                .killGrace(Duration.ofSeconds(1))
                .build();
        try (ConnectionPool pool = ConnectionPool.open(remote, "kill")) {
            assertEndedWhole(pool, ignoringTerm());
            assertEndedWhole(pool, Command.shell("setsid -f sleep " + time + "; exec tail -f /dev/null"));
        }
    }

    /** A session for a sweep would run it once more. */
    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"MUX", "PROCESS", "PLAIN"})
    void aForcedCommandOfAKeyIsNotRunAgainByAKill(TransportKind kind) throws Exception {
        OpenSshServer started = takingVariables().start();
        server = started;
        Path journal = started.home().resolve("journal");
        String forced = "command=\"echo run >>" + journal + "; exec sleep " + time + "\" ";
        Path keys = started.dir().resolve("authorized_keys");
        Files.writeString(keys, forced + Files.readString(keys));
        Remote remote = Remote.builder(SshEndpoint.ALIAS)
                .sshProgram(Ssh.program())
                .configFile(started.clientConfig())
                .socketDir(sockets.path())
                .transport(kind)
                .killGrace(Duration.ofMillis(300))
                .build();
        try (ConnectionPool pool = ConnectionPool.open(remote, "forced")) {
            Ending ending = endingOf(pool, Command.of("anything"));
            assertThat(Files.readAllLines(journal)).containsExactly("run");
            assertThat(ending.fate()).isEqualTo(Ending.Fate.NOT_CONFIRMED);
        }
    }

    @Test
    void aBackgroundJobOfAShellThatHasExitedDies() {
        try (ConnectionPool pool = pool(takingVariables()).open()) {
            assertEndedWhole(pool, Command.of("bash", "-c", "set -m; sleep " + time + " &"));
        }
    }

    /** It is found by its parent, before the first signal: on a busy machine a look takes its time. */
    @Test
    void whatClearedItsEnvironmentDiesWithTheSessionItIsIn() {
        OpenSshServer started = takingVariables().start();
        server = started;
        Remote patient =
                remote(started.clientConfig()).killGrace(Duration.ofSeconds(8)).build();
        try (ConnectionPool pool = ConnectionPool.open(patient, "patient")) {
            showTheShell(pool);
            assertEndedWhole(
                    pool, Command.shell("env -i sh -c 'trap \"\" TERM; sleep " + time + "; sleep " + time + "'; true"));
        }
    }

    @Test
    void rootsCommandDiesThoughTheServerSignalsNoneOfRoots() {
        try (ConnectionPool pool = pool(OpenSshServer.builder()).open()) {
            assertEndedWhole(pool, ignoringTerm());
        }
    }

    @Test
    void aProcessInItsCallersHandsIsEndedWhole() throws Exception {
        try (ConnectionPool pool = pool(takingVariables()).open();
                Connection connection = pool.connection()) {
            RemoteProcess process = connection.start(ignoringTerm());
            assertThat(Processes.awaitCommandLine("sleep " + time, LONG)).isTrue();
            Ending ending = process.kill().get(60, TimeUnit.SECONDS);
            assertThat(Processes.withArgument(time)).isEmpty();
            assertThat(ending).isEqualTo(Ending.confirmedDead());
        }
    }

    /** The first process is dead, and what it started is where it was to be left. */
    @Test
    void aDetachedCommandsDaemonIsLeftAlone() {
        try (ConnectionPool pool = pool(takingVariables()).open()) {
            Command command = Command.shell("setsid -f sleep " + time + "; exec tail -f /dev/null")
                    .withDetached(true);
            Ending ending = endingOf(pool, command);
            assertThat(ending.fate()).isEqualTo(Ending.Fate.FIRST_PROCESS_DEAD);
            assertThat(ending)
                    .hasToString(
                            "its first process is dead, whether what it started is dead is not known: it was started as detached");
            assertThat(Processes.withArgument(time)).hasSize(1);
        }
    }

    @Test
    void nothingIsSweptWhenACommandEndsByItself() {
        try (ConnectionPool pool = pool(takingVariables()).open()) {
            pool.run(Command.shell("setsid -f sleep " + time + " </dev/null >/dev/null 2>&1"))
                    .check();
            assertThat(Processes.withArgument(time)).hasSize(1);
        }
    }

    /** Where the server takes no variable and the line holds no mark, nobody can look, and nobody says so. */
    @Test
    void aShellLineThatCouldNotBeMarkedIsNotCalledDead() {
        try (ConnectionPool pool =
                pool(takingVariables().option("AcceptEnv", "NONE")).open()) {
            Ending ending = endingOf(pool, Command.shell("cd; setsid -f sleep " + time + "; exec tail -f /dev/null"));
            assertThat(Processes.withArgument(time)).as("%s", ending).hasSize(1);
            assertThat(ending.fate()).isEqualTo(Ending.Fate.FIRST_PROCESS_DEAD);
            assertThat(ending.why()).contains("the server takes no variables");
        }
    }

    /** Whoever names the login shell says that there is one: then the very first line can hold a mark. */
    @Test
    void theFirstKillIsWholeWithoutVariablesWhereTheLoginShellIsNamed() {
        OpenSshServer started = takingVariables().option("AcceptEnv", "NONE").start();
        server = started;
        Remote named =
                remote(started.clientConfig()).loginShell(LoginShell.POSIX).build();
        try (ConnectionPool pool = ConnectionPool.builder(named, "named").open()) {
            assertEndedWhole(pool, Command.shell("cd; setsid -f sleep " + time + "; exec tail -f /dev/null"));
        }
    }

    /** All sessions of the server are taken: the sweep gets that of the command it is about. */
    @Test
    void aFullConnectionStillHasASessionForTheSweep() {
        try (ConnectionPool pool = pool(takingVariables().option("MaxSessions", "1"))
                .capacity(1)
                .maxConnections(1)
                .open()) {
            assertEndedWhole(pool, Command.shell("setsid -f sleep " + time + "; exec tail -f /dev/null"));
        }
    }

    /** A process of another user that the command started cannot be killed by us: it is named. */
    @Test
    void aProcessOfAnotherUserIsNamedAsLivingOn() throws Exception {
        assumeTrue(OpenSshServer.Builder.canChooseLoginShell(), "only root can make a program that changes its user");
        try (ConnectionPool pool = pool(takingVariables()).open()) {
            Path asRoot = Objects.requireNonNull(server).dir().resolve("asroot");
            Files.copy(Path.of("/usr/bin/setpriv"), asRoot);
            Files.setPosixFilePermissions(asRoot, PosixFilePermissions.fromString("rwxr-xr-x"));
            assertThat(new ProcessBuilder("chmod", "u+s", asRoot.toString())
                            .start()
                            .waitFor())
                    .isZero();
            showTheShell(pool);
            Ending ending = endingOf(
                    pool,
                    Command.of(asRoot.toString(), "--reuid=0", "sh", "-c", "trap '' TERM; sleep " + time + "; true"));
            List<Long> alive = Processes.withArgument(time);
            assertThat(ending.fate()).isIn(Ending.Fate.LIVES_ON, Ending.Fate.FIRST_PROCESS_DEAD);
            assertThat(ending.toString()).contains("owned by root").contains("sleep " + time);
            assertThat(alive).anySatisfy(pid -> assertThat(ending.toString()).contains("pid " + pid));
        }
    }
}
