package io.muxpool.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.JobInterruptedException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.Output;
import io.muxpool.PartialOutput;
import io.muxpool.RetryPolicy;
import io.muxpool.testkit.LeakCheck;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A run over a carrier that does as it is told. */
@Timeout(120)
class FleetRunTest {
    @RegisterExtension
    static final LeakCheck LEAKS = new LeakCheck();

    private static final Command COMMAND = Command.of("true");

    /** What a host does; those that are not named succeed. */
    private final Map<String, Deed> deeds = new ConcurrentHashMap<>();

    private final AtomicInteger atOnce = new AtomicInteger();
    private final AtomicInteger mostAtOnce = new AtomicInteger();
    private final AtomicInteger calls = new AtomicInteger();

    @FunctionalInterface
    private interface Deed {
        Exit on(Job job);
    }

    private final Fleet fleet = Fleet.over(new Carrier() {
        @Override
        public CommandResult run(String host, Command command, Job job) {
            calls.incrementAndGet();
            mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            try {
                Exit exit =
                        deeds.getOrDefault(host, ignored -> new Exit.Exited(0)).on(job);
                return result(host, exit);
            } finally {
                atOnce.decrementAndGet();
            }
        }

        @Override
        public void close() {}
    });

    private static CommandResult result(String host, Exit exit) {
        return new CommandResult(
                List.of("true"),
                exit,
                new CommandResult.Captured(host.getBytes(java.nio.charset.StandardCharsets.UTF_8), false),
                CommandResult.Captured.NONE,
                Duration.ofMillis(1),
                CommandResult.Route.DIRECT);
    }

    private static List<String> hosts(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> "h" + i).toList();
    }

    private static Map<String, HostOutcome> outcomes(FleetRun run) {
        Map<String, HostOutcome> outcomes = new ConcurrentHashMap<>();
        run.forEach(result ->
                assertThat(outcomes.put(result.host(), result.outcome())).isNull());
        return outcomes;
    }

    /** Runs until the job ends it, dead for certain. */
    private static Exit untilKilled(CountDownLatch begun, Job job) {
        CountDownLatch cancelled = new CountDownLatch(1);
        try (Job.Registration registration = job.onCancel(cancelled::countDown)) {
            begun.countDown();
            while (job.remainingNanos() > 0 && cancelled.getCount() > 0) {
                if (cancelled.await(job.remainingNanos(), java.util.concurrent.TimeUnit.NANOSECONDS)) {
                    break;
                }
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        job.check("running", Ending.confirmedDead(), PartialOutput.NONE);
        throw new AssertionError("neither cancelled nor late");
    }

    @Test
    void everyHostHasExactlyOneResult() {
        try (FleetRun run = fleet.run(hosts(500), COMMAND)) {
            assertThat(outcomes(run))
                    .hasSize(500)
                    .allSatisfy((host, outcome) -> assertThat(outcome.success()).isTrue());
            assertThat(run.progress()).isEqualTo(new FleetRun.Progress(500, 0, 500, 0, 0));
            assertThat(run.iterator().hasNext()).isFalse();
        }
    }

    @Test
    void noMoreRunAtATimeThanTheLimit() {
        CountDownLatch three = new CountDownLatch(3);
        hosts(30)
                .forEach(host -> deeds.put(host, job -> {
                    three.countDown();
                    try {
                        three.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    return new Exit.Exited(0);
                }));
        try (FleetRun run = fleet.run(hosts(30), COMMAND, RunPlan.defaults().withLimit(3))) {
            assertThat(outcomes(run)).hasSize(30);
        }
        assertThat(mostAtOnce).hasValue(3);
    }

    @Test
    void eachOutcomeSaysWhatIsKnownAndNoMore() {
        deeds.put("h1", job -> new Exit.Exited(3));
        deeds.put("h2", job -> new Exit.Signalled("KILL", false));
        deeds.put("h3", job -> new Exit.Ambiguous(255, "this or that"));
        deeds.put("h4", job -> {
            throw new NotStartedException("no way there", true, null);
        });
        deeds.put("h5", job -> {
            throw new OutcomeUnknownException("lost", PartialOutput.NONE, null);
        });
        deeds.put("h6", job -> {
            throw new IllegalArgumentException("no such name");
        });
        deeds.put("h7", job -> {
            throw new IllegalStateException("a bug");
        });
        deeds.put("h9", job -> {
            throw new StackOverflowError();
        });
        try (FleetRun run = fleet.run(hosts(9), COMMAND)) {
            Map<String, HostOutcome> outcomes = outcomes(run);
            assertThat(outcomes)
                    .containsEntry("h1", new HostOutcome.Exited(3))
                    .containsEntry("h2", new HostOutcome.Signalled("KILL"))
                    .containsEntry("h3", new HostOutcome.Unknown("status 255 (this or that)"))
                    .containsEntry("h4", new HostOutcome.NotStarted("no way there"))
                    .containsEntry("h5", new HostOutcome.Unknown("lost"))
                    .containsEntry("h6", new HostOutcome.NotStarted("no such name"))
                    .containsEntry("h7", new HostOutcome.Unknown("a bug"))
                    .containsEntry("h8", new HostOutcome.Exited(0));
            assertThat(outcomes.values().stream().filter(HostOutcome::mayHaveRun))
                    .hasSize(7);
        }
    }

    @Test
    void hostPastItsTimeIsKilledAndTheOthersGoOn() {
        deeds.put("h2", job -> untilKilled(new CountDownLatch(1), job));
        try (FleetRun run = fleet.run(hosts(3), COMMAND, RunPlan.defaults().withHostTimeout(Duration.ofMillis(50)))) {
            Map<String, HostOutcome> outcomes = outcomes(run);
            assertThat(outcomes.get("h2")).isInstanceOf(HostOutcome.Killed.class);
            assertThat(outcomes.get("h1")).isEqualTo(new HostOutcome.Exited(0));
            assertThat(outcomes.get("h3")).isEqualTo(new HostOutcome.Exited(0));
        }
    }

    @Test
    void whatHadNoTurnInTheTimeOfTheRunIsSkipped() {
        hosts(2).forEach(host -> deeds.put(host, job -> untilKilled(new CountDownLatch(1), job)));
        try (FleetRun run =
                fleet.run(hosts(5), COMMAND, RunPlan.defaults().withLimit(2).withTimeout(Duration.ofSeconds(1)))) {
            Map<String, HostOutcome> outcomes = outcomes(run);
            assertThat(outcomes.get("h1")).isInstanceOf(HostOutcome.Killed.class);
            assertThat(outcomes.get("h2")).isInstanceOf(HostOutcome.Killed.class);
            assertThat(List.of("h3", "h4", "h5"))
                    .allSatisfy(host -> assertThat(outcomes.get(host))
                            .isEqualTo(new HostOutcome.Skipped("the time of the run is over")));
            assertThat(run.stopped()).contains("the time of the run is over");
        }
    }

    @Test
    void cancelKillsWhatRunsAndSkipsTheRest() throws Exception {
        CountDownLatch begun = new CountDownLatch(2);
        hosts(2).forEach(host -> deeds.put(host, job -> untilKilled(begun, job)));
        try (FleetRun run = fleet.run(hosts(4), COMMAND, RunPlan.defaults().withLimit(2))) {
            begun.await();
            assertThat(run.progress()).isEqualTo(new FleetRun.Progress(4, 2, 0, 0, 0));
            run.cancel();
            Map<String, HostOutcome> outcomes = outcomes(run);
            assertThat(outcomes.get("h1")).isInstanceOf(HostOutcome.Killed.class);
            assertThat(outcomes.get("h2")).isInstanceOf(HostOutcome.Killed.class);
            assertThat(outcomes.get("h3")).isEqualTo(new HostOutcome.Skipped("the run was cancelled"));
            assertThat(outcomes.get("h4")).isEqualTo(new HostOutcome.Skipped("the run was cancelled"));
        }
    }

    @Test
    void closingARunLeavesNothingRunning() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        deeds.put("h1", job -> untilKilled(begun, job));
        try (FleetRun run = fleet.run(hosts(2), COMMAND, RunPlan.defaults().withLimit(1))) {
            begun.await();
            assertThat(run.stopped()).isEmpty();
        }
        assertThat(atOnce).hasValue(0);
        assertThat(calls).hasValue(1);
    }

    @Test
    void canaryThatFailsStopsTheRunAndWhatRunsGoesOn() {
        deeds.put("h1", job -> new Exit.Exited(1));
        try (FleetRun run =
                fleet.run(hosts(100), COMMAND, RunPlan.defaults().withRollout(Rollout.batches("1", "10%", "100%")))) {
            Map<String, HostOutcome> outcomes = outcomes(run);
            assertThat(outcomes).hasSize(100);
            assertThat(outcomes.values().stream().filter(HostOutcome::mayHaveRun))
                    .hasSize(1);
            assertThat(run.stopped()).contains("1 of 100 hosts failed, and the limit is 1");
        }
    }

    @Test
    void batchIsNotBegunBeforeTheOneBeforeHasEnded() {
        AtomicInteger ended = new AtomicInteger();
        List<Integer> seen = new ArrayList<>();
        hosts(6).forEach(host -> deeds.put(host, job -> {
            synchronized (seen) {
                seen.add(ended.get());
            }
            ended.incrementAndGet();
            return new Exit.Exited(0);
        }));
        try (FleetRun run = fleet.run(hosts(6), COMMAND, RunPlan.defaults().withRollout(Rollout.batches("1", "2")))) {
            assertThat(outcomes(run)).hasSize(6);
        }
        assertThat(seen.get(0)).isZero();
        assertThat(seen.get(1)).isGreaterThanOrEqualTo(1);
        assertThat(seen.get(3)).isGreaterThanOrEqualTo(3);
        assertThat(seen.get(5)).isGreaterThanOrEqualTo(5);
    }

    @Test
    void onlyWhatHasNotStartedIsTriedAgain() {
        AtomicInteger first = new AtomicInteger();
        deeds.put("h1", job -> {
            if (first.getAndIncrement() == 0) {
                throw new NotStartedException("no way there", true, null);
            }
            return new Exit.Exited(0);
        });
        deeds.put("h2", job -> {
            throw new OutcomeUnknownException("lost", PartialOutput.NONE, null);
        });
        RetryPolicy policy = RetryPolicy.builder()
                .maxRetries(3)
                .minSleep(Duration.ZERO)
                .initialMaxSleep(Duration.ofMillis(1))
                .build();
        try (FleetRun run = fleet.run(hosts(2), COMMAND, RunPlan.defaults().withRetry(policy))) {
            Map<String, HostOutcome> outcomes = outcomes(run);
            assertThat(outcomes.get("h1")).isEqualTo(new HostOutcome.Exited(0));
            assertThat(outcomes.get("h2")).isEqualTo(new HostOutcome.Unknown("lost"));
        }
        assertThat(calls).hasValue(3);
    }

    @Test
    void eachHostMayHaveACommandOfItsOwn() {
        try (FleetRun run = fleet.run(
                hosts(3), host -> Command.of("echo", host).withStdout(Output.discard()), RunPlan.defaults())) {
            run.forEach(result -> assertThat(result.stdoutText()).isEqualTo(result.host()));
        }
    }

    @Test
    void hostsThatCannotBeAreRefusedBeforeAnythingRuns() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> fleet.run(List.of(), COMMAND))
                .withMessageContaining("at least one host");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> fleet.run(List.of("a", "b", "a"), COMMAND))
                .withMessageContainingAll("twice", "a");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        fleet.run(hosts(2), COMMAND.withStdin(Input.stream(new ByteArrayInputStream(new byte[1])))))
                .withMessageContaining("cannot share");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> fleet.run(hosts(2), COMMAND.withStdout(Output.inherit())))
                .withMessageContaining("cannot share");
        assertThat(calls).hasValue(0);
    }

    @Test
    void interruptEndsTheWaitAndNotTheRun() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        deeds.put("h1", job -> {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return new Exit.Exited(0);
        });
        try (FleetRun run = fleet.run(hosts(1), COMMAND)) {
            begun.await();
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> run.iterator().next()).isInstanceOf(JobInterruptedException.class);
            assertThat(Thread.interrupted()).isTrue();
            go.countDown();
            assertThat(Objects.requireNonNull(run.iterator().next()).success()).isTrue();
        }
    }
}
