package io.muxpool;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How often, how long and with what pauses something is tried again. Immutable and thread-safe, as far as the callbacks
 * given to the {@link Builder} are; each call keeps its own count.
 *
 * <p>Only what is safe is retried: {@link RetryableException}, by which the body itself asks for it, and an {@link
 * SshException} that is {@link SshException#retrySafe()}. Everything else passes to the caller at once, untouched.
 *
 * <pre>{@code
 * RetryPolicy policy = RetryPolicy.builder().maxRetries(10).maxElapsed(Duration.ofMinutes(1)).build();
 * String text = policy.call("reading the state", job, retry -> {
 *     CommandResult result = connection.run(Command.of("cat", "state"), job);
 *     if (result.stdoutText().isEmpty()) {
 *         throw new RetryableException("no state yet");
 *     }
 *     return result.stdoutText();
 * });
 * }</pre>
 *
 * <p>After a failure another attempt follows while retries &lt; maxRetries and elapsed &lt; maxElapsed, elapsed being
 * measured before the sleep: the last sleep and attempt may end later. The sleep is uniform between minSleep and an upper
 * end, at first initialMaxSleep, that grows by exponentialBase with each sleep up to maxSleep. Where bounds contradict
 * each other, minSleep wins over maxSleep, and both win over initialMaxSleep.
 *
 * <p>Each retry is logged at INFO and the end of the retries at WARNING, by the {@link System.Logger} {@code
 * io.muxpool.retry}.
 */
public final class RetryPolicy {
    /** For {@link Builder#maxRetries(int)}: as often as time allows. */
    public static final int INFINITE_RETRIES = Integer.MAX_VALUE;

    /** For {@link Builder#maxElapsed(Duration)}: as long as retries are left. */
    public static final Duration UNLIMITED_TIME = Duration.ofSeconds(Long.MAX_VALUE);

    // As in Job: far enough for anyone, near enough that adding to it cannot overflow.
    private static final long FOREVER_NANOS = Long.MAX_VALUE / 4;
    private static final RetryPolicy NONE = builder().maxRetries(0).build();

    final int maxRetries;
    final long maxElapsedNanos;
    final boolean reraise;
    final int maxPreviousOutcomes;
    final Function<? super RetryOutcome, Duration> backoff;
    final GiveUp giveUp;
    final Consumer<? super Retry> beforeAttempt;
    final BiConsumer<? super Retry, ? super @Nullable Throwable> afterAttempt;
    final Consumer<? super RetryOutcome> onRetryableError;
    final Function<? super RetryOutcome, ? extends Optional<?>> onExhaustion;
    final LongSupplier clock;
    final @Nullable Sleeper sleeper;

    private final Duration minSleep;
    private final Duration initialMaxSleep;
    private final Duration maxSleep;
    private final Duration maxElapsed;
    private final double exponentialBase;
    private final RandomGenerator random;

    private RetryPolicy(Builder builder) {
        this.maxRetries = builder.maxRetries;
        this.minSleep = builder.minSleep;
        this.initialMaxSleep = builder.initialMaxSleep;
        this.maxSleep = builder.maxSleep;
        this.maxElapsed = builder.maxElapsed;
        this.maxElapsedNanos = clampedNanos(builder.maxElapsed);
        this.exponentialBase = builder.exponentialBase;
        this.reraise = builder.reraise;
        this.maxPreviousOutcomes = builder.maxPreviousOutcomes;
        this.backoff = builder.backoff;
        this.giveUp = builder.giveUp;
        this.beforeAttempt = builder.beforeAttempt;
        this.afterAttempt = builder.afterAttempt;
        this.onRetryableError = builder.onRetryableError;
        this.onExhaustion = builder.onExhaustion;
        this.clock = builder.clock;
        this.sleeper = builder.sleeper;
        this.random = builder.random;
    }

    /** A builder with the defaults named at its methods. */
    public static Builder builder() {
        return new Builder();
    }

    /** One attempt and no retry. What a failed attempt throws is what any exhausted policy throws. */
    public static RetryPolicy none() {
        return NONE;
    }

    /** A builder that has everything as it is here, as it was given and not as contradictory bounds were settled. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** As {@link #call(String, Job, RetryBody)}, with no job and no name in the log. */
    public <T extends @Nullable Object, E extends Exception> T call(RetryBody<T, E> body) throws E {
        return new RetryLoop(this, null, null).run(body);
    }

    /** As {@link #call(String, Job, RetryBody)}, with no name in the log. */
    public <T extends @Nullable Object, E extends Exception> T call(Job job, RetryBody<T, E> body) throws E {
        return new RetryLoop(this, null, job).run(body);
    }

    /**
     * Tries {@code body} in the calling thread until it returns, fails for good, or this policy is exhausted. Blocks
     * while the body runs and between attempts; the job's cancel and deadline end a sleep at once. What they do to an
     * attempt is up to the body: pass it the same job.
     *
     * <p>Once exhausted, this throws the last {@link SshException} itself, the cause of the last {@link
     * RetryableException}, or else {@link RetryException}: see {@link Builder#reraise(boolean)}.
     *
     * @param what a name for messages, as what follows "Retrying"
     * @param job checked before each attempt, and while sleeping
     * @return what the body returned, or the fallback of {@link Builder#onExhaustion}
     * @throws RetryException when exhausted; its message says by what and its cause is the last error
     * @throws JobCancelledException when the job was cancelled before an attempt or in a sleep
     * @throws JobTimeoutException when the job's deadline passed before an attempt or in a sleep
     * @throws JobInterruptedException when the thread was interrupted in a sleep, or, with a job, before an attempt; its
     *     interrupt flag is set again
     */
    public <T extends @Nullable Object, E extends Exception> T call(String what, Job job, RetryBody<T, E> body)
            throws E {
        return new RetryLoop(this, what, job).run(body);
    }

    /** Gives up when at least one of {@code rules} does, with the first reason given; later rules are not asked. */
    public static GiveUp anyGiveUp(GiveUp... rules) {
        List<GiveUp> all = List.of(rules);
        return outcome -> {
            for (GiveUp rule : all) {
                String reason = rule.reason(outcome);
                if (reason != null) {
                    return reason;
                }
            }
            return null;
        };
    }

    /** Gives up when every one of {@code rules} does, with all their reasons; never when there are no rules. */
    public static GiveUp allGiveUp(GiveUp... rules) {
        List<GiveUp> all = List.of(rules);
        return outcome -> {
            List<String> reasons = new ArrayList<>();
            for (GiveUp rule : all) {
                String reason = rule.reason(outcome);
                if (reason == null) {
                    return null;
                }
                reasons.add(reason);
            }
            return reasons.isEmpty() ? null : String.join("; ", reasons);
        };
    }

    /**
     * Gives up rather than sleep past the nearer of {@link Builder#maxElapsed} and the job's deadline: the caller learns
     * of the failure now, not after a sleep that no attempt would follow in time.
     */
    public static GiveUp giveUpIfBackoffExceedsDeadline() {
        return outcome -> outcome.nextBackoff().compareTo(outcome.timeLeft()) <= 0
                ? null
                : "the next backoff of " + Durations.format(outcome.nextBackoff()) + " exceeds the "
                        + Durations.format(outcome.timeLeft()) + " left";
    }

    RetryBackoff newBackoff() {
        return new RetryBackoff(random, minSleep, initialMaxSleep, maxSleep, exponentialBase);
    }

    String maxRetriesText() {
        return maxRetries == INFINITE_RETRIES ? "∞" : Integer.toString(maxRetries);
    }

    String maxElapsedText() {
        return maxElapsedNanos == FOREVER_NANOS ? "∞" : Durations.format(maxElapsed);
    }

    static long clampedNanos(Duration duration) {
        return duration.compareTo(Duration.ofNanos(FOREVER_NANOS)) > 0 ? FOREVER_NANOS : duration.toNanos();
    }

    @Override
    public String toString() {
        return "RetryPolicy[retries " + maxRetriesText() + ", elapsed " + maxElapsedText() + ", sleep "
                + Durations.format(minSleep) + ".." + Durations.format(initialMaxSleep) + " to "
                + Durations.format(maxSleep) + "]";
    }

    /** Decides on an end before the limits are reached. Called in the caller's thread; should not block. */
    @FunctionalInterface
    public interface GiveUp {
        /** Why there shall be no other attempt, for the log and the message; null to go on. */
        @Nullable String reason(RetryOutcome outcome);
    }

    /** A replacement for real sleep, for tests. */
    @FunctionalInterface
    public interface Sleeper {
        /**
         * Lets {@code duration} pass.
         *
         * @param duration zero or more; no more than the job has left
         * @throws InterruptedException when the thread is interrupted; the call ends as when really asleep
         */
        void sleep(Duration duration) throws InterruptedException;
    }

    /**
     * Makes a {@link RetryPolicy}. Not thread-safe.
     *
     * <p>Callbacks run in the thread that called the policy, without any lock, and count as elapsed time. What a callback
     * throws is not retried: it ends the call and reaches the caller. Setting a callback again replaces the former one.
     */
    public static final class Builder {
        private int maxRetries = INFINITE_RETRIES;
        private Duration minSleep = Duration.ZERO;
        private Duration initialMaxSleep = Duration.ofMillis(125);
        private Duration maxSleep = Duration.ofSeconds(10);
        private Duration maxElapsed = Duration.ofSeconds(60);
        private double exponentialBase = 2;
        private boolean reraise = true;
        private int maxPreviousOutcomes;
        private Function<? super RetryOutcome, Duration> backoff = RetryOutcome::nextBackoff;
        private GiveUp giveUp = outcome -> null;
        private Consumer<? super Retry> beforeAttempt = retry -> {};
        private BiConsumer<? super Retry, ? super @Nullable Throwable> afterAttempt = (retry, error) -> {};
        private Consumer<? super RetryOutcome> onRetryableError = outcome -> {};
        private Function<? super RetryOutcome, ? extends Optional<?>> onExhaustion = outcome -> Optional.empty();
        private LongSupplier clock = System::nanoTime;
        private @Nullable Sleeper sleeper;
        // Not ThreadLocalRandom.current() itself, which belongs to the thread that asks for it.
        private RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();

        private Builder() {}

        private Builder(RetryPolicy policy) {
            this.maxRetries = policy.maxRetries;
            this.minSleep = policy.minSleep;
            this.initialMaxSleep = policy.initialMaxSleep;
            this.maxSleep = policy.maxSleep;
            this.maxElapsed = policy.maxElapsed;
            this.exponentialBase = policy.exponentialBase;
            this.reraise = policy.reraise;
            this.maxPreviousOutcomes = policy.maxPreviousOutcomes;
            this.backoff = policy.backoff;
            this.giveUp = policy.giveUp;
            this.beforeAttempt = policy.beforeAttempt;
            this.afterAttempt = policy.afterAttempt;
            this.onRetryableError = policy.onRetryableError;
            this.onExhaustion = policy.onExhaustion;
            this.clock = policy.clock;
            this.sleeper = policy.sleeper;
            this.random = policy.random;
        }

        /** Attempts after the first one, zero or more; default {@link #INFINITE_RETRIES}. */
        public Builder maxRetries(int maxRetries) {
            if (maxRetries < 0) {
                throw new IllegalArgumentException("maxRetries must not be negative: " + maxRetries);
            }
            this.maxRetries = maxRetries;
            return this;
        }

        /** The shortest sleep, zero or more; default zero. */
        public Builder minSleep(Duration minSleep) {
            this.minSleep = notNegative("minSleep", minSleep);
            return this;
        }

        /** The longest first sleep, zero or more; default 125 ms. From zero the sleep never grows. */
        public Builder initialMaxSleep(Duration initialMaxSleep) {
            this.initialMaxSleep = notNegative("initialMaxSleep", initialMaxSleep);
            return this;
        }

        /** The longest sleep, zero or more; default 10 s. */
        public Builder maxSleep(Duration maxSleep) {
            this.maxSleep = notNegative("maxSleep", maxSleep);
            return this;
        }

        /** Once this has passed since the call began, no sleep begins; default 60 s, see {@link #UNLIMITED_TIME}. */
        public Builder maxElapsed(Duration maxElapsed) {
            this.maxElapsed = notNegative("maxElapsed", maxElapsed);
            return this;
        }

        /** By what the longest sleep grows from one to the next, finite and at least 1; default 2. */
        public Builder exponentialBase(double exponentialBase) {
            // The positive form, so that NaN fails it.
            if (!(exponentialBase >= 1 && exponentialBase < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("exponentialBase must be finite and at least 1: " + exponentialBase);
            }
            this.exponentialBase = exponentialBase;
            return this;
        }

        /**
         * Whether an exhausted call throws the underlying error: the {@link SshException} itself, or the cause of the
         * {@link RetryableException}, which is then suppressed in its cause. Default true; when false, or when there is
         * no cause, {@link RetryException}.
         *
         * <p>A checked cause is thrown as it is, though no {@code throws} says so unless the body's does: the compiler
         * lets you catch it only when the body's exception type covers it, as in {@code policy.<String,
         * IOException>call(...)}. Turn this off to see unchecked exceptions only.
         */
        public Builder reraise(boolean reraise) {
            this.reraise = reraise;
            return this;
        }

        /** How many failures {@link Retry#previousOutcomes()} keeps, zero or more; default zero. */
        public Builder maxPreviousOutcomes(int maxPreviousOutcomes) {
            if (maxPreviousOutcomes < 0) {
                throw new IllegalArgumentException("maxPreviousOutcomes must not be negative: " + maxPreviousOutcomes);
            }
            this.maxPreviousOutcomes = maxPreviousOutcomes;
            return this;
        }

        /**
         * Replaces the sleep: given a failure whose {@link RetryOutcome#nextBackoff()} is the one computed, returns the
         * one to use, zero or more and under no other bound. Not asked when the error wants an immediate retry, nor when
         * a limit is reached.
         */
        public Builder backoff(Function<? super RetryOutcome, Duration> backoff) {
            this.backoff = Objects.requireNonNull(backoff, "backoff");
            return this;
        }

        /** Asked after each retryable failure within the limits; default never. */
        public Builder giveUp(GiveUp giveUp) {
            this.giveUp = Objects.requireNonNull(giveUp, "giveUp");
            return this;
        }

        /** Called before each attempt, the first one too. */
        public Builder beforeAttempt(Consumer<? super Retry> beforeAttempt) {
            this.beforeAttempt = Objects.requireNonNull(beforeAttempt, "beforeAttempt");
            return this;
        }

        /** Called after each attempt with whatever it threw, retryable or not; with null when it returned. */
        public Builder afterAttempt(BiConsumer<? super Retry, ? super @Nullable Throwable> afterAttempt) {
            this.afterAttempt = Objects.requireNonNull(afterAttempt, "afterAttempt");
            return this;
        }

        /** Called after each failure that may be retried, the last one too, before {@link #giveUp} is asked. */
        public Builder onRetryableError(Consumer<? super RetryOutcome> onRetryableError) {
            this.onRetryableError = Objects.requireNonNull(onRetryableError, "onRetryableError");
            return this;
        }

        /**
         * Called once no retry is left, with {@link RetryOutcome#giveUpReason()} set. What it returns becomes the result
         * of the call; when empty, the default, the call throws. The compiler cannot check the type of a fallback: one
         * that is not what the body returns shows as {@link ClassCastException} in the caller.
         */
        public Builder onExhaustion(Function<? super RetryOutcome, ? extends Optional<?>> onExhaustion) {
            this.onExhaustion = Objects.requireNonNull(onExhaustion, "onExhaustion");
            return this;
        }

        /** Nanoseconds from any origin, for elapsed time; default {@link System#nanoTime()}. A job has its own clock. */
        public Builder clock(LongSupplier clock) {
            this.clock = Objects.requireNonNull(clock, "clock");
            return this;
        }

        /**
         * Replaces real sleep. A cancel then does not end a sleep early, and is noticed when the sleeper returns; after a
         * sleep as long as the job had left, the deadline counts as passed.
         */
        public Builder sleeper(Sleeper sleeper) {
            this.sleeper = Objects.requireNonNull(sleeper, "sleeper");
            return this;
        }

        /** Where jitter comes from, one {@code nextDouble()} for each sleep; by default each thread's own generator. */
        public Builder random(RandomGenerator random) {
            this.random = Objects.requireNonNull(random, "random");
            return this;
        }

        /** The policy. The builder may be used further. */
        public RetryPolicy build() {
            return new RetryPolicy(this);
        }

        private static Duration notNegative(String name, Duration value) {
            if (value.isNegative()) {
                throw new IllegalArgumentException(name + " must not be negative: " + value);
            }
            return value;
        }
    }
}
