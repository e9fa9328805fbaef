package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.internal.sweep.Mark;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.Processes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** As {@link WholeKillTest}, for commands of this machine: what is claimed is held against the process table at once. */
@Timeout(120)
final class LocalKillTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|async).*"));

    private final ConnectionPool pool = ConnectionPool.open(Remote.local(), "local");
    private final String time = "300." + System.nanoTime() % 1_000_000_000;

    @AfterEach
    void endWhatLives() {
        Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
        pool.close();
    }

    /** Runs the command, gives it up when its sleep is there, and returns what became of it. */
    private Ending endingOf(Command command) {
        Job job = Job.create();
        CompletableFuture<CommandResult> running = pool.runAsync(command, job);
        assertThat(Processes.awaitCommandLine("sleep " + time, LONG)).isTrue();
        job.cancel();
        CompletionException failure = catchThrowableOfType(CompletionException.class, running::join);
        assertThat(failure.getCause()).isInstanceOf(JobCancelledException.class);
        return ((JobCancelledException) Objects.requireNonNull(failure.getCause())).ending();
    }

    private void assertEndedWhole(Command command) {
        Ending ending = endingOf(command);
        // Before the claim is looked at: what it says must be true when it is said.
        assertThat(Processes.withArgument(time))
                .as("left by a command of which it was said: %s", ending)
                .isEmpty();
        assertThat(ending).isEqualTo(Ending.confirmedDead());
    }

    private Command ignoringTerm() {
        return Command.of("sh", "-c", "trap '' TERM; sleep " + time + "; sleep " + time);
    }

    @Test
    void whatIgnoresTermDies() {
        assertEndedWhole(ignoringTerm());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "timeout 1000 sleep T",
                "nohup sleep T",
                "setsid sleep T",
                "setsid -f sleep T; exec tail -f /dev/null",
                "(sleep T &); exec tail -f /dev/null",
                "(setsid sh -c \"trap '' TERM; sleep T & sleep T & true\" &); exec tail -f /dev/null"
            })
    void whatLeftTheTreeDies(String line) {
        assertEndedWhole(Command.shell(line.replace("sleep T", "sleep " + time)));
    }

    @Test
    void jobOfAnInteractiveShellDies() {
        assertEndedWhole(Command.of("bash", "-c", "set -m; (sleep " + time + " &); exec tail -f /dev/null"));
    }

    @Test
    void processInItsCallersHandsIsEndedWhole() throws Exception {
        try (Connection connection = pool.connection()) {
            RemoteProcess process = connection.start(
                    Command.shell("setsid -f sleep " + time + "; trap '' TERM; sleep " + time + "; sleep " + time));
            assertThat(Processes.awaitCommandLine("sleep " + time, LONG)).isTrue();
            Ending ending = process.kill().get(60, TimeUnit.SECONDS);
            assertThat(Processes.withArgument(time)).isEmpty();
            assertThat(ending).isEqualTo(Ending.confirmedDead());
        }
    }

    @Test
    void detachedCommandsDaemonIsLeftAlone() {
        Ending ending = endingOf(Command.shell("setsid -f sleep " + time + "; exec tail -f /dev/null")
                .withDetached(true));
        assertThat(ending).isEqualTo(Ending.firstProcessDead("it was started as detached"));
        assertThat(Processes.withArgument(time)).hasSize(1);
    }

    @Test
    void nothingIsSweptWhenACommandEndsByItself() {
        pool.run(Command.shell("setsid -f sleep " + time + " </dev/null >/dev/null 2>&1"))
                .check();
        assertThat(Processes.withArgument(time)).hasSize(1);
    }

    /** Its tree is ended as far as it can be seen; what else there was, nobody can say. */
    @Test
    void whatClearedItsEnvironmentIsEndedAndNotCalledDeadAsAWhole() {
        assumeTrue(Files.exists(Path.of("/proc/self/environ")), "no /proc: the mark is looked for in another way");
        Ending ending = endingOf(Command.of("env", "-i", "/bin/sh", "-c", "sleep " + time + "; true"));
        assertThat(Processes.withArgument(time)).isEmpty();
        assertThat(ending.fate()).isEqualTo(Ending.Fate.FIRST_PROCESS_DEAD);
        assertThat(ending.why()).contains("cleared its environment");
    }

    /** A local command of a process that is itself part of a marked command, which must find it as well. */
    @Test
    void marksOfOuterCommandsStayWhereASearchFindsThem() {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String mark : new String[] {"outer.", "middle.", "inner."}) {
            Mark.put(environment, mark);
        }
        String searched = environment.toString();
        assertThat(searched)
                .contains("LC_MUXPOOL_MARK=outer.")
                .contains("LC_MUXPOOL_MARK=middle.")
                .contains("LC_MUXPOOL_MARK=inner.");
        assertThat(environment).containsEntry("LC_MUXPOOL_MARK", "inner.");
    }
}
