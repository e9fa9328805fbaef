package io.muxpool.fleet;

import io.muxpool.RetryPolicy;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a run goes over its hosts: how many at a time, for how long, in which batches, and when it stops. Immutable and
 * thread-safe, as far as the retry policy's callbacks are; each {@code with} method returns a changed copy.
 */
public final class RunPlan {
    /** Hosts at a time unless asked otherwise. */
    public static final int DEFAULT_LIMIT = 64;

    private static final RunPlan DEFAULTS =
            new RunPlan(DEFAULT_LIMIT, null, null, RetryPolicy.none(), Rollout.atOnce(), null);

    private final int limit;
    private final @Nullable Duration hostTimeout;
    private final @Nullable Duration timeout;
    private final RetryPolicy retry;
    private final Rollout rollout;
    private final @Nullable FailureLimit failureLimit;

    private RunPlan(
            int limit,
            @Nullable Duration hostTimeout,
            @Nullable Duration timeout,
            RetryPolicy retry,
            Rollout rollout,
            @Nullable FailureLimit failureLimit) {
        this.limit = limit;
        this.hostTimeout = hostTimeout;
        this.timeout = timeout;
        this.retry = retry;
        this.rollout = rollout;
        this.failureLimit = failureLimit;
    }

    /** {@value #DEFAULT_LIMIT} hosts at a time, no deadlines, no retries, no batches, whatever fails. */
    public static RunPlan defaults() {
        return DEFAULTS;
    }

    /**
     * Hosts at a time, 1 or more.
     *
     * @throws IllegalArgumentException when less
     */
    public RunPlan withLimit(int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("the hosts at a time must be at least 1: " + limit);
        }
        return new RunPlan(limit, hostTimeout, timeout, retry, rollout, failureLimit);
    }

    /**
     * The time of each host from its turn on, connecting and retries included.
     *
     * @throws IllegalArgumentException unless more than 0
     */
    public RunPlan withHostTimeout(Duration hostTimeout) {
        return new RunPlan(limit, requirePositive("host timeout", hostTimeout), timeout, retry, rollout, failureLimit);
    }

    /**
     * The time of the whole run: then what runs is killed, and what had no turn is skipped.
     *
     * @throws IllegalArgumentException unless more than 0
     */
    public RunPlan withTimeout(Duration timeout) {
        return new RunPlan(limit, hostTimeout, requirePositive("timeout", timeout), retry, rollout, failureLimit);
    }

    /** How a host is tried again. Only what certainly has not started is, by whatever policy. */
    public RunPlan withRetry(RetryPolicy retry) {
        return new RunPlan(limit, hostTimeout, timeout, Objects.requireNonNull(retry), rollout, failureLimit);
    }

    /** In which batches; see {@link #failureLimit()} for what that changes. */
    public RunPlan withRollout(Rollout rollout) {
        return new RunPlan(limit, hostTimeout, timeout, retry, Objects.requireNonNull(rollout), failureLimit);
    }

    /** How many hosts may fail. */
    public RunPlan withFailureLimit(FailureLimit failureLimit) {
        return new RunPlan(limit, hostTimeout, timeout, retry, rollout, Objects.requireNonNull(failureLimit));
    }

    private static Duration requirePositive(String name, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException("the " + name + " must be more than 0: " + value);
        }
        return value;
    }

    /** Hosts at a time. */
    public int limit() {
        return limit;
    }

    /** The time of each host. */
    public Optional<Duration> hostTimeout() {
        return Optional.ofNullable(hostTimeout);
    }

    /** The time of the whole run. */
    public Optional<Duration> timeout() {
        return Optional.ofNullable(timeout);
    }

    /** How a host is tried again. */
    public RetryPolicy retry() {
        return retry;
    }

    /** In which batches. */
    public Rollout rollout() {
        return rollout;
    }

    /**
     * How many hosts may fail: what was asked for; else none with batches, because a canary that fails has to stop the
     * run; else any number.
     */
    public FailureLimit failureLimit() {
        if (failureLimit != null) {
            return failureLimit;
        }
        return rollout.isAtOnce() ? FailureLimit.none() : FailureLimit.after(1);
    }
}
