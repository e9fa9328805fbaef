package io.muxpool;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class RetryPolicyTest {
    private static final Logger LOG = Logger.getLogger("io.muxpool.retry");

    /** Sources of randomness that always draw one end of the range: nextDouble() is made of the top bits of these. */
    private static final long LOWEST = 0L;

    private static final long HIGHEST = -1L;

    private final List<String> lines = new ArrayList<>();
    private final List<Duration> sleeps = new ArrayList<>();
    // Close to the end, so that every test also shows that the clock may wrap.
    private long now = Long.MAX_VALUE - 1_000;

    private final Handler capture = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            lines.add(entry.getLevel() + " " + entry.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void captureLines() {
        LOG.setUseParentHandlers(false);
        LOG.addHandler(capture);
    }

    @AfterEach
    void releaseLog() {
        LOG.removeHandler(capture);
        LOG.setUseParentHandlers(true);
    }

    /** Sleeps are recorded and move the clock; jitter draws the longest sleep allowed. */
    private RetryPolicy.Builder fake() {
        return RetryPolicy.builder().clock(() -> now).random(() -> HIGHEST).sleeper(this::pass);
    }

    private void pass(Duration duration) {
        sleeps.add(duration);
        now += duration.toNanos();
    }

    private static RetryBody<String, RuntimeException> failing(int times) {
        return retry -> {
            if (retry.number() < times) {
                throw new RetryableException("failure " + retry.attempt());
            }
            return "done";
        };
    }

    private static String fail() {
        throw new RetryableException("no luck");
    }

    private static List<Duration> millis(long... values) {
        List<Duration> durations = new ArrayList<>();
        for (long value : values) {
            durations.add(Duration.ofMillis(value));
        }
        return durations;
    }

    @Nested
    class WhatIsRetried {
        @Test
        void resultOfTheFirstAttemptIsReturnedWithoutSleepOrLine() {
            RetryPolicy retryPolicy = RetryPolicy.builder()
                    .maxRetries(10)
                    .minSleep(Duration.ZERO)
                    .initialMaxSleep(Duration.ofMillis(125))
                    .maxSleep(Duration.ofSeconds(10))
                    .maxElapsed(Duration.ofSeconds(60))
                    .build();
            String s = retryPolicy.call(retry -> {
                String text = "text";
                return text;
            });
            assertThat(s).isEqualTo("text");
            assertThat(lines).isEmpty();
        }

        @Test
        void retryableExceptionIsRetriedUntilTheBodyReturns() {
            assertThat(fake().build().call(failing(3))).isEqualTo("done");
            assertThat(sleeps).hasSize(3);
        }

        @Test
        @SuppressWarnings("NullAway") // Before JDK 22 it does not read the bound "T extends @Nullable Object".
        void nullIsAResultLikeAnyOther() {
            assertThat(fake().build().<Object, RuntimeException>call(retry -> null))
                    .isNull();
        }

        @Test
        void sshExceptionThatIsRetrySafeIsRetried() {
            String result = fake().build().call(retry -> {
                if (retry.number() == 0) {
                    throw new SshConnectException("connection refused", null);
                }
                return "connected";
            });
            assertThat(result).isEqualTo("connected");
        }

        @Test
        void everythingElsePassesAtOnceUntouched() {
            List<Throwable> others = List.of(
                    new IllegalStateException("a bug"),
                    new NotStartedException("no such program", false, null),
                    new OutcomeUnknownException("connection lost", PartialOutput.NONE, null),
                    new JobCancelledException("running", Ending.confirmedDead(), PartialOutput.NONE),
                    new RuntimeException(new RetryableException("only a cause")),
                    new AssertionError("an error"));
            for (Throwable other : others) {
                AtomicInteger attempts = new AtomicInteger();
                assertThatThrownBy(() -> fake().build().call(retry -> {
                            attempts.incrementAndGet();
                            if (other instanceof Error error) {
                                throw error;
                            }
                            throw (RuntimeException) other;
                        }))
                        .isSameAs(other)
                        .hasNoSuppressedExceptions();
                assertThat(attempts).hasValue(1);
            }
            assertThat(sleeps).isEmpty();
            assertThat(lines).isEmpty();
        }

        @Test
        void checkedExceptionOfTheBodyKeepsItsType() {
            IOException broken = new IOException("broken");
            RetryBody<String, IOException> body = retry -> {
                throw broken;
            };
            try {
                fake().build().call(body);
            } catch (IOException e) {
                assertThat(e).isSameAs(broken);
                return;
            }
            throw new AssertionError("must throw");
        }

        @Test
        void noneTriesOnce() {
            AtomicInteger attempts = new AtomicInteger();
            assertThatThrownBy(() -> RetryPolicy.none().call(retry -> {
                        attempts.incrementAndGet();
                        throw new SshConnectException("refused", null);
                    }))
                    .isInstanceOf(SshConnectException.class);
            assertThat(attempts).hasValue(1);
        }
    }

    @Nested
    class Sleeping {
        @Test
        void defaultsStartAt125MillisAndDoubleUpTo10Seconds() {
            assertThatThrownBy(() -> fake().build().call(retry -> fail())).isInstanceOf(RetryException.class);
            // 55.875 s have passed after the twelfth, so one more sleep begins; after that one the limit is passed.
            assertThat(sleeps)
                    .isEqualTo(
                            millis(125, 250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000, 10_000));
        }

        @Test
        void jitterIsUniformBetweenMinimumAndCurrentMaximum() {
            RetryPolicy.Builder builder =
                    fake().minSleep(Duration.ofMillis(100)).initialMaxSleep(Duration.ofMillis(300));
            builder.maxRetries(2).random(() -> LOWEST).build().call(failing(2));
            builder.random(() -> Long.MIN_VALUE).build().call(failing(2)); // nextDouble() is 0.5
            builder.random(() -> HIGHEST).build().call(failing(2));
            assertThat(sleeps).isEqualTo(millis(100, 100, 200, 350, 300, 600));
        }

        @Test
        void realRandomnessStaysWithinTheBoundsAndVaries() {
            RetryPolicy policy = RetryPolicy.builder()
                    .sleeper(sleeps::add)
                    .minSleep(Duration.ofNanos(3))
                    .initialMaxSleep(Duration.ofNanos(6))
                    .exponentialBase(1)
                    .build();
            policy.call(failing(500));
            assertThat(sleeps)
                    .contains(Duration.ofNanos(3), Duration.ofNanos(4), Duration.ofNanos(5), Duration.ofNanos(6))
                    .allMatch(d -> d.toNanos() >= 3 && d.toNanos() <= 6);
        }

        @Test
        void minimumWinsOverMaximum() {
            fake().minSleep(Duration.ofSeconds(3))
                    .maxSleep(Duration.ofSeconds(1))
                    .build()
                    .call(failing(3));
            assertThat(sleeps).isEqualTo(millis(3_000, 3_000, 3_000));
        }

        @Test
        void initialMaximumIsClampedIntoTheBounds() {
            fake().initialMaxSleep(Duration.ofSeconds(9))
                    .maxSleep(Duration.ofSeconds(2))
                    .build()
                    .call(failing(2));
            fake().initialMaxSleep(Duration.ZERO)
                    .minSleep(Duration.ofSeconds(1))
                    .build()
                    .call(failing(2));
            assertThat(sleeps).isEqualTo(millis(2_000, 2_000, 1_000, 2_000));
        }

        @Test
        void hugeBoundsDoNotOverflow() {
            fake().initialMaxSleep(RetryPolicy.UNLIMITED_TIME)
                    .maxSleep(RetryPolicy.UNLIMITED_TIME)
                    .exponentialBase(Double.MAX_VALUE)
                    .maxElapsed(RetryPolicy.UNLIMITED_TIME)
                    .build()
                    .call(failing(1));
            assertThat(sleeps.get(0)).isGreaterThan(Duration.ofDays(365 * 70));
        }

        @Test
        void eachCallStartsFromTheInitialMaximum() {
            RetryPolicy policy = fake().build();
            policy.call(failing(2));
            policy.call(failing(2));
            assertThat(sleeps).isEqualTo(millis(125, 250, 125, 250));
        }

        @Test
        void immediateRetryOnceTakesNoSleepAfterTheFirstFailureOnly() {
            fake().minSleep(Duration.ofMillis(10)).build().call(retry -> {
                if (retry.number() < 3) {
                    throw RetryableException.builder("stale")
                            .retryImmediatelyOnce(true)
                            .build();
                }
                return "done";
            });
            assertThat(sleeps).isEqualTo(millis(0, 125, 250));
        }

        @Test
        void immediateRetryComesOnlyAfterTheFirstFailureOfTheCall() {
            fake().build().call(retry -> {
                if (retry.number() < 2) {
                    throw RetryableException.builder("stale")
                            .retryImmediatelyOnce(retry.number() == 1)
                            .build();
                }
                return "done";
            });
            assertThat(sleeps).isEqualTo(millis(125, 250));
        }

        @Test
        void ownBackoffGetsTheComputedOneAndReplacesIt() {
            fake().backoff(outcome -> outcome.nextBackoff().plusMillis(1))
                    .build()
                    .call(failing(2));
            assertThat(sleeps).isEqualTo(millis(126, 251));
        }

        @Test
        void negativeBackoffIsRefused() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> fake().backoff(outcome -> Duration.ofMillis(-1))
                            .build()
                            .call(failing(1)))
                    .withMessage("a backoff must not be negative: PT-0.001S");
        }

        @Test
        void withoutASleeperTimeReallyPasses() {
            long start = System.nanoTime();
            RetryPolicy.builder()
                    .minSleep(Duration.ofMillis(5))
                    .maxSleep(Duration.ofMillis(5))
                    .build()
                    .call(failing(2));
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(10_000_000);
        }
    }

    @Nested
    class Exhaustion {
        @Test
        void endsAfterMaxRetries() {
            RetryException e = catchThrowableOfType(
                    RetryException.class, () -> fake().maxRetries(2).build().call(retry -> fail()));
            assertThat(sleeps).hasSize(2);
            assertThat(e.outcome().retry()).isEqualTo(2);
            assertThat(e.outcome().giveUpReason()).isEqualTo("no retries left");
            assertThat(e.outcome().nextBackoff()).isZero();
            assertThat(e.outcome().elapsed()).isEqualTo(Duration.ofMillis(375));
            assertThat(e)
                    .hasMessage("Gave up: no retries left; retries 2/2, elapsed 375ms/1m (no luck)")
                    .cause()
                    .isSameAs(e.outcome().error());
        }

        @Test
        void zeroMaxElapsedAllowsNoRetry() {
            assertThatThrownBy(() -> fake().maxElapsed(Duration.ZERO).build().call(retry -> fail()))
                    .hasMessageContaining("no time left");
            assertThat(sleeps).isEmpty();
        }

        @Test
        void elapsedIsMeasuredBeforeTheSleepAndMustBeBelowTheLimit() {
            RetryPolicy.Builder builder =
                    fake().minSleep(Duration.ofSeconds(10)).exponentialBase(1).maxElapsed(Duration.ofSeconds(20));
            assertThatThrownBy(() -> builder.build().call(retry -> fail()))
                    .hasMessageContaining("no time left; retries 2/∞, elapsed 20s/20s");
            assertThat(sleeps).isEqualTo(millis(10_000, 10_000));
            sleeps.clear();
            assertThatThrownBy(() -> builder.maxElapsed(Duration.ofSeconds(20).plusNanos(1))
                            .build()
                            .call(retry -> fail()))
                    .isInstanceOf(RetryException.class);
            assertThat(sleeps).hasSize(3);
        }

        @Test
        void timeSpentInTheBodyCounts() {
            assertThatThrownBy(() -> fake().build().call(retry -> {
                        now += TimeUnit.SECONDS.toNanos(60);
                        return fail();
                    }))
                    .hasMessageContaining("no time left; retries 0/∞, elapsed 1m/1m");
        }

        @Test
        void causeIsReraisedWithTheRetryableErrorSuppressed() {
            IOException cause = new IOException("reset by peer");
            RetryableException error = new RetryableException("read failed", cause);
            assertThatThrownBy(() -> fake().maxRetries(1).build().call(retry -> {
                        throw error;
                    }))
                    .isSameAs(cause)
                    .hasSuppressedException(error);
        }

        @Test
        void checkedCauseCanBeCaughtWhenTheBodysTypeCoversIt() {
            try {
                fake().maxRetries(0).build().<String, IOException>call(retry -> {
                    throw new RetryableException("read failed", new IOException("reset"));
                });
            } catch (IOException e) {
                assertThat(e).hasMessage("reset");
                return;
            }
            throw new AssertionError("must throw");
        }

        @Test
        void withoutReraiseTheOutcomeIsThrown() {
            RetryableException error = new RetryableException("read failed", new IOException("reset"));
            RetryPolicy policy = fake().maxRetries(1).reraise(false).build();
            assertThatThrownBy(() -> policy.call(retry -> {
                        throw error;
                    }))
                    .isInstanceOf(RetryException.class)
                    .hasCause(error);
            SshConnectException refused = new SshConnectException("refused", null);
            assertThatThrownBy(() -> policy.call(retry -> {
                        throw refused;
                    }))
                    .isInstanceOf(RetryException.class)
                    .hasCause(refused);
        }

        @Test
        void sshExceptionIsReraisedItselfAndNotItsCause() {
            SshConnectException refused = new SshConnectException("refused", new IOException("exit 255"));
            assertThatThrownBy(() -> fake().maxRetries(1).build().call(retry -> {
                        throw refused;
                    }))
                    .isSameAs(refused)
                    .hasNoSuppressedExceptions();
        }

        @Test
        void fallbackBecomesTheResult() {
            List<RetryOutcome> seen = new ArrayList<>();
            String result = fake().maxRetries(1)
                    .onExhaustion(outcome -> {
                        seen.add(outcome);
                        return Optional.of("from the cache");
                    })
                    .build()
                    .call(retry -> fail());
            assertThat(result).isEqualTo("from the cache");
            assertThat(seen).hasSize(1);
            assertThat(seen.get(0).giveUpReason()).isEqualTo("no retries left");
        }

        @Test
        void emptyFallbackMeansNone() {
            assertThatThrownBy(() -> fake().maxRetries(0)
                            .onExhaustion(outcome -> Optional.empty())
                            .build()
                            .call(retry -> fail()))
                    .isInstanceOf(RetryException.class);
        }
    }

    @Nested
    class GivingUp {
        @Test
        void reasonEndsTheCallAndIsInTheMessage() {
            assertThatThrownBy(() -> fake().giveUp(outcome -> outcome.retry() == 1 ? "enough" : null)
                            .build()
                            .call(retry -> fail()))
                    .hasMessageStartingWith("Gave up: enough; retries 1/∞");
            assertThat(sleeps).hasSize(1);
        }

        @Test
        void anyGiveUpTakesTheFirstReason() {
            RetryPolicy.GiveUp never = outcome -> null;
            assertThat(RetryPolicy.anyGiveUp(never, o -> "a", o -> "b").reason(outcome(1, 2)))
                    .isEqualTo("a");
            assertThat(RetryPolicy.anyGiveUp(never, never).reason(outcome(1, 2)))
                    .isNull();
            assertThat(RetryPolicy.anyGiveUp().reason(outcome(1, 2))).isNull();
        }

        @Test
        void allGiveUpNeedsEveryReason() {
            assertThat(RetryPolicy.allGiveUp(o -> "a", o -> "b").reason(outcome(1, 2)))
                    .isEqualTo("a; b");
            assertThat(RetryPolicy.allGiveUp(o -> "a", o -> null).reason(outcome(1, 2)))
                    .isNull();
            assertThat(RetryPolicy.allGiveUp().reason(outcome(1, 2))).isNull();
        }

        @Test
        void backoffPastTheDeadlineGivesUp() {
            RetryPolicy.GiveUp rule = RetryPolicy.giveUpIfBackoffExceedsDeadline();
            assertThat(rule.reason(outcome(2, 2))).isNull();
            assertThat(rule.reason(outcome(3, 2))).isEqualTo("the next backoff of 3s exceeds the 2s left");
        }

        @Test
        void backoffPastMaxElapsedGivesUpInsteadOfSleeping() {
            assertThatThrownBy(() -> fake().minSleep(Duration.ofSeconds(25))
                            .giveUp(RetryPolicy.giveUpIfBackoffExceedsDeadline())
                            .build()
                            .call(retry -> fail()))
                    .hasMessageContaining("the next backoff of 25s exceeds the 10s left");
            assertThat(sleeps).hasSize(2);
        }

        @Test
        void backoffPastTheJobsDeadlineGivesUpInsteadOfSleeping() {
            Job job = Job.withTimeout(Duration.ofMinutes(1));
            assertThatThrownBy(() -> fake().minSleep(Duration.ofMinutes(2))
                            .maxElapsed(Duration.ofHours(1))
                            .giveUp(RetryPolicy.giveUpIfBackoffExceedsDeadline())
                            .build()
                            .call(job, retry -> fail()))
                    .isInstanceOf(RetryException.class)
                    .hasMessageContaining("the next backoff of 2m exceeds");
            assertThat(sleeps).isEmpty();
        }

        private RetryOutcome outcome(long backoffSeconds, long secondsLeft) {
            return new RetryOutcome(
                    0,
                    new RetryableException("x"),
                    null,
                    Duration.ZERO,
                    Duration.ofSeconds(backoffSeconds),
                    Duration.ofSeconds(secondsLeft),
                    null);
        }
    }

    @Nested
    class WhatBodyAndCallbacksSee {
        @ParameterizedTest
        @ValueSource(ints = {0, 1, 3, 10})
        void previousOutcomesAreExactlyTheLastOldestFirst(int kept) {
            List<List<Integer>> seen = new ArrayList<>();
            fake().maxPreviousOutcomes(kept).build().call(retry -> {
                seen.add(retry.previousOutcomes().stream()
                        .map(RetryOutcome::retry)
                        .toList());
                return failing(5).call(retry);
            });
            assertThat(seen).hasSize(6);
            for (int number = 0; number <= 5; number++) {
                List<Integer> expected = new ArrayList<>();
                for (int i = Math.max(0, number - kept); i < number; i++) {
                    expected.add(i);
                }
                assertThat(seen.get(number)).isEqualTo(expected);
            }
        }

        @Test
        void bodySeesItsNumberAndElapsedTime() {
            List<String> seen = new ArrayList<>();
            fake().build().call(retry -> {
                now += 1_000_000;
                seen.add(retry.number() + " " + retry.attempt() + " "
                        + retry.elapsed().toMillis());
                return failing(2).call(retry);
            });
            assertThat(seen).containsExactly("0 1 1", "1 2 127", "2 3 378");
        }

        @Test
        void outcomeCarriesWhatTheErrorSays() {
            List<RetryOutcome> seen = new ArrayList<>();
            RetryableException error = RetryableException.builder("long story")
                    .displayMessage("story")
                    .category("lock")
                    .attachment(42)
                    .build();
            fake().onRetryableError(seen::add).build().call(retry -> {
                if (retry.number() == 0) {
                    throw error;
                }
                return "done";
            });
            RetryOutcome outcome = seen.get(0);
            assertThat(outcome.error()).isSameAs(error);
            assertThat(outcome.category()).isEqualTo("lock");
            assertThat(outcome.displayMessage()).isEqualTo("story");
            assertThat(outcome.nextBackoff()).isEqualTo(Duration.ofMillis(125));
            assertThat(outcome.timeLeft()).isEqualTo(Duration.ofSeconds(60));
            assertThat(outcome.giveUpReason()).isNull();
            assertThat(error.attachment()).contains(42);
            assertThat(new RetryableException("plain").displayMessage()).isEqualTo("plain");
        }

        @Test
        void callbacksComeInOrder() {
            List<String> order = new ArrayList<>();
            fake().maxRetries(1)
                    .beforeAttempt(retry -> order.add("before " + retry.number()))
                    .afterAttempt((retry, error) -> order.add("after " + retry.number() + " " + (error != null)))
                    .backoff(outcome -> {
                        order.add("backoff " + outcome.retry());
                        return Duration.ZERO;
                    })
                    .onRetryableError(outcome -> order.add("error " + outcome.retry()))
                    .giveUp(outcome -> {
                        order.add("give up? " + outcome.retry());
                        return null;
                    })
                    .onExhaustion(outcome -> {
                        order.add("exhausted " + outcome.retry());
                        return Optional.of("fallback");
                    })
                    .build()
                    .call(retry -> fail());
            assertThat(order)
                    .containsExactly(
                            "before 0",
                            "after 0 true",
                            "backoff 0",
                            "error 0",
                            "give up? 0",
                            "before 1",
                            "after 1 true",
                            "error 1",
                            "exhausted 1");
        }

        @Test
        void afterAttemptSeesSuccessAndErrorsThatAreNotRetried() {
            List<Optional<Throwable>> seen = new ArrayList<>();
            RetryPolicy policy = fake().afterAttempt((retry, error) -> seen.add(Optional.ofNullable(error)))
                    .build();
            policy.call(retry -> "done");
            IllegalStateException bug = new IllegalStateException("a bug");
            assertThatThrownBy(() -> policy.call(retry -> {
                        throw bug;
                    }))
                    .isSameAs(bug);
            assertThat(seen).containsExactly(Optional.empty(), Optional.of(bug));
        }

        @Test
        void errorOfACallbackEndsTheCallEvenWhenRetryable() {
            RetryableException fromCallback = new RetryableException("callback");
            assertThatThrownBy(() -> fake().afterAttempt((retry, error) -> {
                                throw fromCallback;
                            })
                            .build()
                            .call(retry -> "done"))
                    .isSameAs(fromCallback);
            RetryableException fromBody = new RetryableException("body");
            assertThatThrownBy(() -> fake().afterAttempt((retry, error) -> {
                                throw fromCallback;
                            })
                            .build()
                            .call(retry -> {
                                throw fromBody;
                            }))
                    .isSameAs(fromCallback)
                    .hasSuppressedException(fromBody);
            assertThat(sleeps).isEmpty();
        }
    }

    @Nested
    class Lines {
        @Test
        void retryLineNamesCountLimitSleepAndError() {
            fake().maxRetries(10)
                    .backoff(outcome -> Duration.ofNanos(8_791_234))
                    .build()
                    .call("copying", Job.create(), failing(1));
            assertThat(lines).containsExactly("INFO Retrying copying [1/10] in 8.79ms ... (failure 1)");
        }

        @Test
        void retryLineWithoutNameOrLimit() {
            fake().build().call(failing(2));
            assertThat(lines)
                    .containsExactly(
                            "INFO Retrying [1/∞] in 125ms ... (failure 1)",
                            "INFO Retrying [2/∞] in 250ms ... (failure 2)");
        }

        @Test
        void lastLineIsAWarningWithReasonRetriesAndElapsed() {
            assertThatThrownBy(() -> fake().maxRetries(1).build().call("copying", Job.create(), retry -> fail()))
                    .isInstanceOf(RetryException.class);
            assertThat(lines)
                    .last()
                    .isEqualTo("WARNING Gave up on copying: no retries left; retries 1/1, elapsed 125ms/1m (no luck)");
        }

        @Test
        void unlimitedTimeIsShownAsInfinity() {
            assertThatThrownBy(() -> fake().maxRetries(0)
                            .maxElapsed(RetryPolicy.UNLIMITED_TIME)
                            .build()
                            .call(retry -> fail()))
                    .hasMessageContaining("elapsed 0s/∞");
        }

        @Test
        void namesAndMessagesCannotForgeALine() {
            assertThatThrownBy(() -> fake().maxRetries(1).build().call("a\nb", Job.create(), retry -> {
                        throw new RetryableException("c\u001b[2Jd");
                    }))
                    .isInstanceOf(RetryException.class);
            assertThat(lines).hasSize(2).allMatch(line -> line.contains("a\\x0ab") && line.contains("c\\x1b[2Jd"));
        }
    }

    @Nested
    class UnderAJob {
        private final RetryPolicy sleepy = RetryPolicy.builder()
                .minSleep(Duration.ofHours(1))
                .maxElapsed(Duration.ofHours(2))
                .build();

        @Test
        void cancelledJobIsNotTried() {
            Job job = Job.create();
            job.cancel();
            assertThatThrownBy(() -> sleepy.call("copying", job, retry -> {
                        throw new AssertionError("must not run");
                    }))
                    .isInstanceOf(JobCancelledException.class)
                    .hasMessage("cancelled while trying copying");
        }

        @Test
        void jobIsCheckedBeforeEachAttempt() {
            Job job = Job.create();
            AtomicInteger attempts = new AtomicInteger();
            assertThatThrownBy(() -> fake().build().call(job, retry -> {
                        if (attempts.incrementAndGet() == 3) {
                            job.cancel();
                        }
                        return fail();
                    }))
                    .isInstanceOf(JobCancelledException.class);
            assertThat(attempts).hasValue(3);
            assertThat(sleeps).hasSize(2);
        }

        @Test
        void cancelEndsASleepAtOnce() throws Exception {
            Job job = Job.create();
            AtomicReference<Thread> thread = new AtomicReference<>();
            SshConnectException refused = new SshConnectException("refused", null);
            CompletableFuture<String> call = CompletableFuture.supplyAsync(() -> {
                thread.set(Thread.currentThread());
                return sleepy.call("copying", job, retry -> {
                    throw refused;
                });
            });
            awaitSleep(thread);
            job.cancel();
            assertThatThrownBy(() -> call.get(30, SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOfSatisfying(JobCancelledException.class, e -> {
                        assertThat(e)
                                .hasMessageStartingWith(
                                        "cancelled while waiting to retry copying (not confirmed dead: ");
                        assertThat(e).hasSuppressedException(refused);
                        // The one that was refused did not start; what its body ran before it is not known here.
                        assertThat(e.commandStarted()).isTrue();
                    });
        }

        @Test
        void commandMayHaveStartedWhenTheBodyAskedForTheRetry() {
            Job job = Job.withTimeout(Duration.ofMinutes(1));
            JobTimeoutException e = catchThrowableOfType(
                    JobTimeoutException.class,
                    () -> fake().minSleep(Duration.ofHours(1)).build().call(job, retry -> fail()));
            assertThat(e.commandStarted()).isTrue();
        }

        @Test
        void cancelIsNeverMissedWhenItRacesWithTheSleep() throws Exception {
            for (int i = 0; i < 500; i++) {
                Job job = Job.create();
                CompletableFuture<Void> failed = new CompletableFuture<>();
                CompletableFuture<String> call = CompletableFuture.supplyAsync(() -> sleepy.call(job, retry -> {
                    failed.complete(null);
                    return fail();
                }));
                failed.get(30, SECONDS);
                job.cancel();
                assertThatThrownBy(() -> call.get(30, SECONDS)).hasCauseInstanceOf(JobCancelledException.class);
            }
        }

        @Test
        void deadlineEndsASleepAtOnce() {
            Duration timeout = Duration.ofMillis(20);
            assertThatThrownBy(() -> sleepy.call("copying", Job.withTimeout(timeout), retry -> fail()))
                    .isInstanceOfSatisfying(
                            JobTimeoutException.class,
                            e -> assertThat(e.timeout()).isEqualTo(timeout))
                    .hasMessageStartingWith("timed out after 20ms while ");
        }

        @Test
        void deadlineIsTheLongestASleeperIsAskedFor() {
            Job job = Job.withTimeout(Duration.ofMinutes(1));
            assertThatThrownBy(
                            () -> fake().minSleep(Duration.ofHours(1)).build().call(job, retry -> fail()))
                    .isInstanceOf(JobTimeoutException.class)
                    .hasMessageStartingWith("timed out after 1m while waiting to retry (");
            assertThat(sleeps).hasSize(1);
            assertThat(sleeps.get(0)).isBetween(Duration.ofSeconds(30), Duration.ofMinutes(1));
        }

        @Test
        void finishedSleepLeavesNothingRegisteredAtTheJob() {
            Job job = Job.create();
            RetryPolicy.builder().maxSleep(Duration.ofNanos(1)).build().call(job, failing(3));
            assertThat(job)
                    .extracting("registrations", InstanceOfAssertFactories.COLLECTION)
                    .isEmpty();
        }

        @Test
        void interruptEndsASleepAndKeepsTheFlag() {
            try {
                assertThatThrownBy(() -> sleepy.call(retry -> {
                            Thread.currentThread().interrupt();
                            return fail();
                        }))
                        .isInstanceOf(JobInterruptedException.class)
                        .hasMessageStartingWith("interrupted while waiting to retry (")
                        .hasCauseInstanceOf(InterruptedException.class);
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
            } finally {
                Thread.interrupted();
            }
        }

        @Test
        void interruptOfASleepingThreadEndsTheSleep() throws Exception {
            AtomicReference<Thread> sleeping = new AtomicReference<>();
            CompletableFuture<Boolean> flag = new CompletableFuture<>();
            Thread thread = new Thread(() -> {
                sleeping.set(Thread.currentThread());
                try {
                    sleepy.call(Job.create(), retry -> fail());
                } catch (JobInterruptedException e) {
                    flag.complete(Thread.currentThread().isInterrupted());
                }
            });
            thread.start();
            awaitSleep(sleeping);
            thread.interrupt();
            assertThat(flag.get(30, SECONDS)).isTrue();
        }

        private void awaitSleep(AtomicReference<Thread> reference) {
            Thread thread;
            do {
                Thread.onSpinWait();
                thread = reference.get();
            } while (thread == null || thread.getState() != Thread.State.TIMED_WAITING);
        }
    }

    @Nested
    class Building {
        @Test
        void negativeValuesAreRefusedByName() {
            RetryPolicy.Builder builder = RetryPolicy.builder();
            Duration negative = Duration.ofNanos(-1);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.maxRetries(-1))
                    .withMessage("maxRetries must not be negative: -1");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.maxPreviousOutcomes(-1))
                    .withMessageContaining("maxPreviousOutcomes");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.minSleep(negative))
                    .withMessageContaining("minSleep");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.initialMaxSleep(negative))
                    .withMessageContaining("initialMaxSleep");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.maxSleep(negative))
                    .withMessageContaining("maxSleep");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.maxElapsed(negative))
                    .withMessageContaining("maxElapsed");
        }

        @ParameterizedTest
        @ValueSource(doubles = {0.99, 0, -2, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
        void exponentialBaseMustBeFiniteAndAtLeastOne(double base) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> RetryPolicy.builder().exponentialBase(base))
                    .withMessage("exponentialBase must be finite and at least 1: " + base);
        }

        @Test
        void exponentialBaseOneKeepsTheSleepAsItIs() {
            fake().exponentialBase(1).build().call(failing(3));
            assertThat(sleeps).isEqualTo(millis(125, 125, 125));
        }

        @Test
        void toBuilderCopiesEverythingAndLeavesThePolicyAlone() {
            List<String> called = new ArrayList<>();
            RetryPolicy original = fake().maxRetries(3)
                    .minSleep(Duration.ofSeconds(20))
                    .initialMaxSleep(Duration.ofSeconds(1))
                    .maxSleep(Duration.ofSeconds(2))
                    .maxElapsed(Duration.ofHours(1))
                    .exponentialBase(3)
                    .reraise(false)
                    .maxPreviousOutcomes(2)
                    .backoff(outcome -> {
                        called.add("backoff");
                        return outcome.nextBackoff();
                    })
                    .giveUp(outcome -> {
                        called.add("giveUp");
                        return null;
                    })
                    .beforeAttempt(retry -> called.add("before"))
                    .afterAttempt((retry, error) -> called.add("after"))
                    .onRetryableError(outcome -> called.add("error"))
                    .onExhaustion(outcome -> Optional.of("fallback"))
                    .build();
            assertThat(original.toBuilder().build()).usingRecursiveComparison().isEqualTo(original);

            RetryPolicy changed = original.toBuilder().minSleep(Duration.ZERO).build();
            assertThat(changed.call(failing(2))).isEqualTo("done");
            assertThat(sleeps).isEqualTo(millis(1_000, 2_000));
            assertThat(called).contains("backoff", "giveUp", "before", "after", "error");
            sleeps.clear();
            String fallback = original.call(retry -> fail());
            assertThat(fallback).isEqualTo("fallback");
            assertThat(sleeps).isEqualTo(millis(20_000, 20_000, 20_000));
        }

        @Test
        void policyMayBeSharedByThreads() throws Exception {
            RetryPolicy policy = RetryPolicy.builder()
                    .maxRetries(50)
                    .maxSleep(Duration.ofNanos(10))
                    .build();
            List<CompletableFuture<String>> calls = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                calls.add(CompletableFuture.supplyAsync(() -> policy.call(failing(50))));
            }
            for (CompletableFuture<String> call : calls) {
                assertThat(call.get(30, SECONDS)).isEqualTo("done");
            }
        }
    }
}
