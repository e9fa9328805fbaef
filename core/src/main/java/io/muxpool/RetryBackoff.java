package io.muxpool;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * The sleeps of one call: uniform between the minimum and an upper end that grows by the base until it reaches the
 * maximum ("full jitter", so that clients that failed together do not come back together). Confined to the calling
 * thread.
 */
final class RetryBackoff {
    private final RandomGenerator random;
    private final long minNanos;
    private final long maxNanos;
    private final double base;
    private long upperNanos;

    /** Contradictory bounds are settled here: the minimum wins over the maximum, and both over the initial one. */
    RetryBackoff(RandomGenerator random, Duration min, Duration initialMax, Duration max, double base) {
        this.random = random;
        this.minNanos = RetryPolicy.clampedNanos(min);
        this.maxNanos = Math.max(minNanos, RetryPolicy.clampedNanos(max));
        this.base = base;
        this.upperNanos = Math.min(maxNanos, Math.max(minNanos, RetryPolicy.clampedNanos(initialMax)));
    }

    Duration next() {
        long span = upperNanos - minNanos;
        // nextDouble() rather than nextLong(bound): one draw for one sleep, so that a scripted source stays in step.
        long extra = Math.min(span, (long) (random.nextDouble() * (span + 1.0)));
        double grown = upperNanos * base;
        upperNanos = grown >= maxNanos ? maxNanos : (long) grown;
        return Duration.ofNanos(minNanos + extra);
    }
}
