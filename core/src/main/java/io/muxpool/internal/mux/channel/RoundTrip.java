package io.muxpool.internal.mux.channel;

import java.util.concurrent.TimeUnit;

/**
 * The round trip of a path: the shortest seen in the last minute or two. The shortest, since queues only add to it; the
 * last, since a path may change. Time comes in as an argument. Written by one thread, read by all.
 */
final class RoundTrip {
    /** Until one was measured. */
    static final long UNKNOWN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long SPAN_NANOS = TimeUnit.MINUTES.toNanos(1);

    // The writer's own: the shortest of this span and of the one before it.
    private long shortest = Long.MAX_VALUE;
    private long shortestBefore = Long.MAX_VALUE;
    private long spanStart;

    private volatile long nanos = UNKNOWN_NANOS;

    RoundTrip(long now) {
        spanStart = now;
    }

    void measured(long took, long now) {
        if (now - spanStart > SPAN_NANOS) {
            shortestBefore = now - spanStart > 2 * SPAN_NANOS ? Long.MAX_VALUE : shortest;
            shortest = Long.MAX_VALUE;
            spanStart = now;
        }
        shortest = Math.min(shortest, took);
        nanos = Math.min(shortest, shortestBefore);
    }

    long nanos() {
        return nanos;
    }
}
