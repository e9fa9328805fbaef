package io.muxpool.internal.mux;

import java.util.concurrent.TimeUnit;

/**
 * How many commands ran at once lately, which is how many may come at once again. Pure policy: time comes in as an
 * argument. Guarded by its sessions' lock.
 */
final class Load {
    private static final long SPAN_NANOS = TimeUnit.SECONDS.toNanos(10);

    // The most in this span of time, and in the one before it.
    private int peak;
    private int peakBefore;
    private long since;

    Load(long now) {
        since = now;
    }

    void note(int running, long now) {
        if (now - since > SPAN_NANOS) {
            peakBefore = now - since > 2 * SPAN_NANOS ? 0 : peak;
            peak = 0;
            since = now;
        }
        peak = Math.max(peak, running);
    }

    int peak() {
        return Math.max(peak, peakBefore);
    }
}
