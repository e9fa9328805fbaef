package io.muxpool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class JobTest {
    @Test
    void jobWithoutDeadlineNeverTimesOut() {
        Job job = Job.create();
        assertThat(job.timeout()).isEmpty();
        assertThat(job.remaining()).isEmpty();
        assertThat(job.remainingNanos()).isGreaterThan(Duration.ofDays(365 * 70).toNanos());
        assertThatCode(() -> job.check("testing")).doesNotThrowAnyException();
        assertThat(job).hasToString("Job[no deadline]");
    }

    @Test
    void negativeTimeoutIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Job.withTimeout(Duration.ofNanos(-1)))
                .withMessageContaining("must not be negative");
        assertThatIllegalArgumentException().isThrownBy(() -> Job.withTimeout(Duration.ofSeconds(Long.MIN_VALUE)));
    }

    @Test
    void zeroTimeoutHasPassedFromTheStart() {
        Job job = Job.withTimeout(Duration.ZERO);
        assertThat(job.remaining()).contains(Duration.ZERO);
        assertThat(job.remainingNanos()).isZero();
        JobTimeoutException e = catchThrowableOfType(JobTimeoutException.class, () -> job.check("opening"));
        assertThat(e).hasMessage("timed out after 0s while opening");
        assertThat(e.timeout()).isZero();
        assertThat(e.commandStarted()).isFalse();
        assertThat(e.partialOutput()).isSameAs(PartialOutput.NONE);
    }

    @Test
    void hugeTimeoutsAreClampedAndDoNotOverflow() {
        for (Duration huge : List.of(
                Duration.ofSeconds(Long.MAX_VALUE, 999_999_999),
                Duration.ofNanos(Long.MAX_VALUE),
                Duration.ofDays(365 * 100))) {
            Job job = Job.withTimeout(huge);
            assertThat(job.timeout()).contains(huge);
            long remaining = job.remainingNanos();
            assertThat(remaining).isGreaterThan(Duration.ofDays(365 * 70).toNanos());
            assertThatCode(() -> job.check("testing")).doesNotThrowAnyException();
            // A deadline made of what is left never lies behind the present, wherever nanoTime stands: subtracting the
            // present from it gives the same again, even when the sum has wrapped.
            long present = System.nanoTime();
            assertThat((present + remaining) - present).isPositive().isEqualTo(remaining);
            assertThat((Long.MAX_VALUE + remaining) - Long.MAX_VALUE).isEqualTo(remaining);
        }
    }

    @Test
    void remainingTimeOnlyFallsAndThenTheOriginalTimeoutIsReported() {
        Duration timeout = Duration.ofMillis(5);
        Job job = Job.withTimeout(timeout);
        long last = timeout.toNanos();
        while (last > 0) {
            long remaining = job.remainingNanos();
            assertThat(remaining).isBetween(0L, last);
            last = remaining;
        }
        PartialOutput output = new PartialOutput(new byte[] {'o'}, new byte[] {'e'});
        JobTimeoutException e = catchThrowableOfType(
                JobTimeoutException.class,
                () -> job.check("running", Ending.notConfirmed("nobody saw it die"), output));
        assertThat(e).hasMessage("timed out after 5ms while running (not confirmed dead: nobody saw it die)");
        assertThat(e.timeout()).isEqualTo(timeout);
        assertThat(e.commandStarted()).isTrue();
        assertThat(e.ending().fate()).isEqualTo(Ending.Fate.NOT_CONFIRMED);
        assertThat(e.ending().why()).isEqualTo("nobody saw it die");
        assertThat(e.partialOutput()).isSameAs(output);
        assertThat(job.isCancelled()).isFalse();
    }

    @Test
    void messageSaysThatTheCommandIsDeadAndNothingOfOneThatWasNotStarted() {
        Job job = Job.create();
        job.cancel();
        assertThatThrownBy(() -> job.check("running", Ending.confirmedDead(), PartialOutput.NONE))
                .hasMessage("cancelled while running (confirmed dead)");
        assertThatThrownBy(() -> job.check("opening", Ending.notStarted(), PartialOutput.NONE))
                .isInstanceOfSatisfying(JobCancelledException.class, e -> {
                    assertThat(e).hasMessage("cancelled while opening");
                    assertThat(e.ending()).isEqualTo(Ending.notStarted());
                });
    }

    @Test
    void reasonBelongsToADeathThatCannotBeConfirmed() {
        assertThatIllegalArgumentException().isThrownBy(() -> Ending.notConfirmed(""));
        assertThatIllegalArgumentException().isThrownBy(() -> new Ending(Ending.Fate.CONFIRMED_DEAD, "why", List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> new Ending(Ending.Fate.NOT_STARTED, "why", List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> Ending.livesOn(List.of()));
    }

    @Test
    void passedDeadlineRunsNoCancelAction() {
        Job job = Job.withTimeout(Duration.ZERO);
        AtomicInteger runs = new AtomicInteger();
        job.onCancel(runs::incrementAndGet);
        assertThatThrownBy(() -> job.check("testing")).isInstanceOf(JobTimeoutException.class);
        assertThat(runs).hasValue(0);
        job.cancel();
        assertThat(runs).hasValue(1);
    }

    @Test
    void cancelRunsEachActionOnceInOrder() {
        Job job = Job.create();
        List<String> runs = new ArrayList<>();
        job.onCancel(() -> runs.add("first"));
        job.onCancel(() -> runs.add("second"));
        assertThat(job.isCancelled()).isFalse();
        job.cancel();
        job.cancel();
        assertThat(runs).containsExactly("first", "second");
        assertThat(job.isCancelled()).isTrue();
        assertThat(job).hasToString("Job[no deadline, cancelled]");
    }

    @Test
    void sameActionRegisteredTwiceRunsTwice() {
        Job job = Job.create();
        AtomicInteger runs = new AtomicInteger();
        Runnable action = runs::incrementAndGet;
        job.onCancel(action);
        job.onCancel(action);
        job.cancel();
        assertThat(runs).hasValue(2);
    }

    @Test
    void actionRegisteredAfterCancelRunsAtOnceInTheSameThread() {
        Job job = Job.create();
        job.cancel();
        List<Thread> threads = new ArrayList<>();
        Job.Registration registration = job.onCancel(() -> threads.add(Thread.currentThread()));
        registration.close();
        assertThat(threads).containsExactly(Thread.currentThread());
    }

    @Test
    void closedRegistrationDoesNotRun() {
        Job job = Job.create();
        AtomicInteger runs = new AtomicInteger();
        Job.Registration registration = job.onCancel(runs::incrementAndGet);
        registration.close();
        registration.close();
        job.cancel();
        assertThat(runs).hasValue(0);
    }

    @Test
    void actionMayUseTheJobItself() {
        Job job = Job.create();
        AtomicInteger runs = new AtomicInteger();
        job.onCancel(() -> {
            job.cancel();
            job.onCancel(runs::incrementAndGet).close();
        });
        job.cancel();
        assertThat(runs).hasValue(1);
    }

    @Test
    void cancelledJobFailsAsCancelledEvenPastItsDeadline() {
        Job job = Job.withTimeout(Duration.ZERO);
        job.cancel();
        assertThatThrownBy(() -> job.check("opening"))
                .isInstanceOf(JobCancelledException.class)
                .hasMessage("cancelled while opening");
    }

    @Test
    void interruptedThreadFailsTheCheckAndKeepsItsFlag() {
        Job job = Job.create();
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> job.check("opening"))
                    .isInstanceOf(JobInterruptedException.class)
                    .hasMessage("interrupted while opening")
                    .hasCauseInstanceOf(InterruptedException.class);
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        } finally {
            Thread.interrupted();
        }
        assertThatCode(() -> job.check("opening")).doesNotThrowAnyException();
    }

    @Test
    void everyActionRunsExactlyOnceHoweverRegistrationRacesWithCancel() throws Exception {
        int threads = 8;
        int perThread = 50;
        ExecutorService executor = Executors.newFixedThreadPool(threads + 2);
        try {
            for (int round = 0; round < 100; round++) {
                Job job = Job.create();
                AtomicIntegerArray runs = new AtomicIntegerArray(threads * perThread);
                CyclicBarrier start = new CyclicBarrier(threads + 2);
                List<Future<?>> all = new ArrayList<>();
                for (int t = 0; t < threads; t++) {
                    int first = t * perThread;
                    all.add(executor.submit(() -> {
                        start.await();
                        for (int i = first; i < first + perThread; i++) {
                            int mine = i;
                            job.onCancel(() -> runs.incrementAndGet(mine));
                        }
                        return null;
                    }));
                }
                for (int canceller = 0; canceller < 2; canceller++) {
                    all.add(executor.submit(() -> {
                        start.await();
                        job.cancel();
                        return null;
                    }));
                }
                for (Future<?> future : all) {
                    future.get(30, SECONDS);
                }
                for (int i = 0; i < runs.length(); i++) {
                    assertThat(runs.get(i)).as("runs of action %d", i).isOne();
                }
            }
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void closeRacingWithCancelRunsTheActionAtMostOnce() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < 1_000; round++) {
                Job job = Job.create();
                AtomicInteger runs = new AtomicInteger();
                Job.Registration registration = job.onCancel(runs::incrementAndGet);
                CyclicBarrier start = new CyclicBarrier(2);
                Future<?> cancel = executor.submit(() -> {
                    start.await();
                    job.cancel();
                    return null;
                });
                Future<?> close = executor.submit(() -> {
                    start.await();
                    registration.close();
                    return null;
                });
                cancel.get(30, SECONDS);
                close.get(30, SECONDS);
                assertThat(runs.get()).isBetween(0, 1);
            }
        } finally {
            executor.shutdownNow();
        }
    }
}
