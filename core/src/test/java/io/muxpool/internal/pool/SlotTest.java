package io.muxpool.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.JobCancelledException;
import io.muxpool.JobTimeoutException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PoolEvent;
import io.muxpool.Remote;
import io.muxpool.internal.transport.Started;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is told of a slot's commands, and who has the slot meanwhile; with commands of this machine. */
@Timeout(120)
class SlotTest {
    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private static final java.util.logging.Logger LOG = java.util.logging.Logger.getLogger("io.muxpool.command");

    private final List<PoolEvent> events = Collections.synchronizedList(new ArrayList<>());
    private final Pool pool =
            new Pool(Remote.local(), "only", new Pool.Options(1, 1, 0, Duration.ofSeconds(1), 1, events::add));

    @AfterEach
    void close() {
        pool.close(false);
    }

    private Slot take() {
        return Slot.take(pool, Job.withTimeout(Duration.ofSeconds(30)));
    }

    private List<PoolEvent.CommandEnded> ended() {
        return events.stream()
                .filter(PoolEvent.CommandEnded.class::isInstance)
                .map(PoolEvent.CommandEnded.class::cast)
                .toList();
    }

    private List<String> outcomes() {
        return ended().stream().map(PoolEvent.CommandEnded::outcome).toList();
    }

    @Test
    void listenerHearsHowEachCommandEnded() throws Exception {
        try (Slot slot = take();
                Blocker blocker = new Blocker()) {
            slot.run(Command.of("true"), Job.create()).check();
            assertThat(slot.run(Command.of("false"), Job.create()).exit()).isEqualTo(new Exit.Exited(1));
            assertThatExceptionOfType(NotStartedException.class)
                    .isThrownBy(() -> slot.run(Command.of("/nonexistent/program"), Job.create()));
            assertThatExceptionOfType(OutcomeUnknownException.class)
                    .isThrownBy(() -> slot.run(Command.of("cat").withStdin(Input.stream(new Broken())), Job.create()));
            assertThatExceptionOfType(JobTimeoutException.class)
                    .isThrownBy(() -> slot.run(Command.of("sleep", "3600"), Job.withTimeout(Duration.ofMillis(100))));
            Job job = Job.create();
            FutureTask<CommandResult> cancelled = new FutureTask<>(() -> slot.run(blocker.command(), job));
            new Thread(cancelled, "slot-test").start();
            blocker.awaitRunning();
            job.cancel();
            assertThatThrownBy(() -> cancelled.get(30, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(JobCancelledException.class);
        }
        assertThat(outcomes()).containsExactly("success", "failure", "not started", "unknown", "timeout", "cancel");
    }

    @Test
    void timesThatAreToldAreThoseThatPassed() {
        long start = System.nanoTime();
        CommandResult result;
        try (Slot slot = take()) {
            result = slot.run(Command.of("sleep", "0.1"), Job.create());
        }
        Duration all = Duration.ofNanos(System.nanoTime() - start);
        assertThat(result.elapsed()).isBetween(Duration.ofMillis(100), all);
        assertThat(ended())
                .singleElement()
                .satisfies(event -> assertThat(event.took()).isBetween(Duration.ofMillis(100), all));
        assertThat(events)
                .filteredOn(PoolEvent.SlotTaken.class::isInstance)
                .singleElement()
                .satisfies(event ->
                        assertThat(((PoolEvent.SlotTaken) event).waited()).isBetween(Duration.ZERO, all));
    }

    @Test
    void startedCommandHasItsConnectionUntilItHasEndedThoughThatIsClosedMeanwhile() throws Exception {
        Slot slot = take();
        Started cat = slot.start(Command.of("cat"), Job.create());
        assertThatExceptionOfType(JobTimeoutException.class)
                .isThrownBy(() -> slot.run(Command.of("true"), Job.withTimeout(Duration.ofMillis(20))))
                .withMessageContaining("waiting for the command that runs on the same connection");
        slot.close();
        assertThat(pool.toString()).contains("connections 1, free slots 0");
        assertThat(outcomes()).isEmpty();
        cat.stdin().close();
        assertThat(cat.exited().get(30, TimeUnit.SECONDS)).isEqualTo(new Exit.Exited(0));
        take().close();
        assertThat(outcomes()).containsExactly("success");
        assertThat(pool.toString()).contains("connections 1, free slots 1");
    }

    @Test
    void startedCommandLeavesItsConnectionToTheNextHoweverItEnds() throws Exception {
        try (Slot slot = take()) {
            assertThatExceptionOfType(NotStartedException.class)
                    .isThrownBy(() -> slot.start(Command.of("/nonexistent/program"), Job.create()));
            slot.start(Command.of("false"), Job.create()).exited().get(30, TimeUnit.SECONDS);
            Started late = slot.start(Command.of("sleep", "3600"), Job.withTimeout(Duration.ofMillis(200)));
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(() -> late.exited().get(30, TimeUnit.SECONDS))
                    .withCauseInstanceOf(JobTimeoutException.class);
            Job job = Job.create();
            Started cancelled = slot.start(Command.of("sleep", "3600"), job);
            job.cancel();
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(() -> cancelled.exited().get(30, TimeUnit.SECONDS))
                    .withCauseInstanceOf(JobCancelledException.class);
            slot.run(Command.of("true"), Job.withTimeout(Duration.ofSeconds(30)))
                    .check();
        }
        assertThat(outcomes()).containsExactly("not started", "failure", "timeout", "cancel", "success");
        assertThat(pool.toString()).contains("connections 1, free slots 1");
    }

    @Test
    void dryRunInItsCallersHandsIsNothingThatEndedWell() throws Exception {
        try (ShortTemp temp = ShortTemp.create();
                Slot slot = take()) {
            Path file = temp.resolve("file");
            Command command = Command.of("touch", file.toString()).withDryRun(true);
            Started nothing = slot.start(command, Job.create());
            assertThat(nothing.exited()).isCompletedWithValue(new Exit.Exited(0));
            assertThat(nothing.freed()).isCompletedWithValue(Started.Left.NOTHING);
            assertThat(nothing.stdout().read()).isEqualTo(-1);
            assertThat(nothing.stderr().read()).isEqualTo(-1);
            nothing.stdin().write(1);
            assertThat(nothing.takesSignals()).isFalse();
            assertThat(nothing.signal("TERM")).isCompletedExceptionally();
            assertThat(nothing.kill()).isCompletedWithValue(Ending.notStarted());
            assertThat(file).doesNotExist();
            slot.run(Command.of("true"), Job.create()).check();
        }
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void closedSlotTakesNoCommandNotEvenADryRun(boolean dry) {
        Slot slot = take();
        slot.close();
        Command command = Command.of("true").withDryRun(dry);
        assertThatThrownBy(() -> slot.run(command, Job.create()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("take another from pool only of local");
        assertThatThrownBy(() -> slot.start(command, Job.create())).isInstanceOf(IllegalStateException.class);
        assertThat(slot).hasToString("slot of " + pool);
    }

    @Test
    void commandsAreLoggedAtTheirLevelAndTheirEndsInDetail() throws Exception {
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        Handler capture = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                lines.add(entry.getLevel() + " " + entry.getMessage().replaceAll("\\d+ ms", "N ms"));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Level before = LOG.getLevel();
        LOG.setUseParentHandlers(false);
        LOG.addHandler(capture);
        LOG.setLevel(Level.ALL);
        try (Slot slot = take()) {
            Command command = Command.of("echo", "two words").withLogLevel(Logger.Level.WARNING);
            slot.run(command, Job.create()).check();
            slot.run(command.withDryRun(true), Job.create());
            slot.start(command.withDryRun(true), Job.create());
            slot.start(command, Job.create()).exited().get(30, TimeUnit.SECONDS);
            // Behind what the one before it has to tell.
            slot.run(Command.of("true").withLogLevel(Logger.Level.DEBUG), Job.create());
            LOG.setLevel(Level.INFO);
            slot.run(Command.of("true").withLogLevel(Logger.Level.DEBUG), Job.create());
        } finally {
            LOG.setLevel(before);
            LOG.removeHandler(capture);
            LOG.setUseParentHandlers(true);
        }
        assertThat(lines)
                .containsExactly(
                        "WARNING Executing: echo 'two words'",
                        "FINER success after N ms: echo 'two words'",
                        "WARNING Would execute: echo 'two words'",
                        "WARNING Would execute: echo 'two words'",
                        "WARNING Executing: echo 'two words'",
                        "FINER success after N ms: echo 'two words'",
                        "FINE Executing: true",
                        "FINER success after N ms: true");
    }

    private static final class Broken extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("broken on purpose");
        }
    }
}
