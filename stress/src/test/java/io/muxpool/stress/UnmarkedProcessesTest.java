package io.muxpool.stress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.ConnectionPool;
import io.muxpool.Ending;
import io.muxpool.Job;
import io.muxpool.JobCancelledException;
import io.muxpool.JobTimeoutException;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Processes that a command started and that show no mark, since they have cleared their environment, written over it or hidden
 * it. Here, where nothing else runs beside: to the kill of any other command they may be its own, too.
 */
@Timeout(120)
final class UnmarkedProcessesTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @RegisterExtension
    final LeakCheck leaks =
            LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop|async).*"));

    private final ShortTemp sockets = ShortTemp.create();
    private final String time = "300." + System.nanoTime() % 1_000_000_000;

    @AfterEach
    void endWhatLives() {
        Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
        LeakCheck.endMasters(sockets.path());
        sockets.close();
    }

    private ConnectionPool pool(OpenSshServer server, TransportKind transport, Duration grace) {
        assumeTrue(Files.exists(Path.of("/proc/self/environ")), "no /proc: the mark is looked for in another way");
        return ConnectionPool.open(
                Remote.builder(SshEndpoint.ALIAS)
                        .configFile(server.clientConfig())
                        .socketDir(sockets.path())
                        .transport(transport)
                        .killGrace(grace)
                        .build(),
                "unmarked");
    }

    /** Runs a line that leaves a process with this command line behind, gives it up, and holds what is said against the world. */
    private void assertNamed(ConnectionPool pool, String left, String line) {
        assertNamed(pool, left, line, Ending.Fate.FIRST_PROCESS_DEAD);
    }

    private void assertNamed(ConnectionPool pool, String left, String line, Ending.Fate fate) {
        Job job = Job.create();
        CompletableFuture<CommandResult> running = pool.runAsync(Command.shell(line + "; exec tail -f /dev/null"), job);
        assertThat(Processes.awaitCommandLine(left, LONG)).isTrue();
        assertThat(Processes.awaitCommandLine("tail -f /dev/null", LONG)).isTrue();
        job.cancel();
        CompletionException failure = catchThrowableOfType(CompletionException.class, running::join);
        Ending ending = ((JobCancelledException) Objects.requireNonNull(failure.getCause())).ending();
        assertThat(Processes.withArgument(time)).as("%s", ending).hasSize(1);
        assertThat(ending.fate()).isEqualTo(fate);
        assertThat(ending.why()).contains("may be its own").contains(left);
    }

    /** The environment of ssh-agent cannot be read by its own user. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sleep T | (env -i setsid sleep T &)",
                "sleep T | (env -i PATH=/usr/bin:/bin setsid sleep T &)",
                "daemon T | perl -e 'use POSIX; fork and exit; setsid; fork and exit; $0=\"daemon T\"; sleep 1000'",
                "ssh-agent -a agent.T | ssh-agent -a agent.T >/dev/null"
            })
    void whatLeftItsTreeIsNamedAndNotCalledDead(String left, String line) {
        try (OpenSshServer server = OpenSshServer.builder().asOrdinaryUser().start();
                ConnectionPool pool = pool(server, TransportKind.MUX, Duration.ofSeconds(1))) {
            assertNamed(pool, left.replace("T", time), line.replace("T", time));
        }
    }

    /** Nor is it known there that the first process has ended. */
    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"PROCESS", "PLAIN"})
    void soItIsOverTheTransportsWithoutSignals(TransportKind transport) {
        try (OpenSshServer server = OpenSshServer.builder().asOrdinaryUser().start();
                ConnectionPool pool = pool(server, transport, Duration.ofSeconds(1))) {
            assertNamed(pool, "sleep " + time, "(env -i setsid sleep " + time + " &)", Ending.Fate.NOT_CONFIRMED);
        }
    }

    @Test
    void soItIsOnThisMachine() {
        assumeTrue(Files.exists(Path.of("/proc/self/environ")), "no /proc: the mark is looked for in another way");
        try (ConnectionPool pool = ConnectionPool.open(Remote.local(), "local")) {
            assertNamed(pool, "sleep " + time, "(env -i setsid sleep " + time + " &)");
        }
    }

    @Test
    void whatRootStartedAsAnotherAccountIsNamedAndNotCalledDead() {
        assumeTrue(OpenSshServer.Builder.canChooseLoginShell(), "only root can be another account");
        try (OpenSshServer server = OpenSshServer.start();
                ConnectionPool pool = pool(server, TransportKind.MUX, Duration.ofSeconds(1))) {
            assertNamed(pool, "sleep " + time, "su - nobody -s /bin/sh -c 'setsid -f sleep " + time + "' 2>/dev/null");
        }
    }

    /** It is found by its parent, before the first signal: on a busy machine a look takes its time. */
    @Test
    void whatClearedItsEnvironmentDiesWithTheSessionItIsIn() {
        try (OpenSshServer server = OpenSshServer.builder().asOrdinaryUser().start();
                ConnectionPool pool = pool(server, TransportKind.MUX, Duration.ofSeconds(8))) {
            // A kill that finds a shell there: the next may look before it signals.
            assertThatThrownBy(() -> pool.run(Command.of("sleep", "60"), Job.withTimeout(Duration.ofMillis(500))))
                    .isInstanceOf(JobTimeoutException.class);
            Job job = Job.create();
            CompletableFuture<CommandResult> running = pool.runAsync(
                    Command.shell("env -i sh -c 'trap \"\" TERM; sleep " + time + "; sleep " + time + "'; true"), job);
            assertThat(Processes.awaitCommandLine("sleep " + time, LONG)).isTrue();
            job.cancel();
            CompletionException failure = catchThrowableOfType(CompletionException.class, running::join);
            Ending ending = ((JobCancelledException) Objects.requireNonNull(failure.getCause())).ending();
            assertThat(Processes.withArgument(time)).as("%s", ending).isEmpty();
            assertThat(ending).isEqualTo(Ending.confirmedDead());
        }
    }
}
