package io.muxpool.internal.mux.channel;

import io.muxpool.internal.mux.wire.ProtocolException;

/**
 * How much the server may send us on one channel before we allow it more, and when we do (RFC 4254 section 5.2). Pure
 * policy: time comes in as an argument. Guarded by its channel's lock.
 *
 * <p>A window bounds a stream to one window per round trip, so it grows while that is what holds the stream back: when at
 * least half of it arrived within one round trip, the reader had taken nearly all of it, and the socket had been read
 * empty meanwhile. It shrinks when the reader falls behind, or the socket is never empty: what is not taken waits in our
 * memory, and, worse, in the master's, whose buffer towards a slow client grows by copying, 32 KiB at a time. (Measured: a
 * JVM that was slow in its first second let 4 MiB pile up there, and 14 ms of copying per packet then kept the master too
 * busy to ever get rid of them: 8 MB/s, where 55 were possible.)
 *
 * <pre>
 *      |<------------------ size ------------------>|
 *      | unread here | taken, not yet | on its way, |
 *      |             | given back     | or to come  |
 *                    |<---- step --->|  then WINDOW_ADJUST
 * </pre>
 */
final class LocalWindow {
    /** What OpenSSH itself gives a session. */
    static final int INITIAL = 2 * 1024 * 1024;

    /**
     * A shorter path is not held back by the initial window: 2 MiB in 5 ms are 400 MB/s. What is measured there is mostly
     * how long sshd was busy, and to grow for that costs the master copying.
     */
    private static final long LEAST_DISTANCE_NANOS = 5_000_000;

    private static final int PILED_UP_ROUNDS = 4;
    private static final long LEAST_ROUND_NANOS = 10_000_000;

    private final int max;
    private int size;

    // What the server may still send; what has come and was not taken yet; what was taken and not given back yet.
    private long left;
    private long unread;
    private long owed;

    // What came since the round trip that is measured began.
    private long roundBytes;
    private long roundStart;
    private boolean flows;

    LocalWindow(int initial, int max) {
        this.size = Math.min(initial, max);
        this.max = max;
        this.left = size;
    }

    int size() {
        return size;
    }

    /** Bytes of the stream have come. */
    void received(int bytes) throws ProtocolException {
        if (bytes > left) {
            throw new ProtocolException("the server sent " + bytes + " bytes into a window of " + left);
        }
        left -= bytes;
        unread += bytes;
        roundBytes += bytes;
    }

    /**
     * The reader has taken bytes.
     *
     * @param now as of {@link System#nanoTime}
     * @param roundTripNanos the shortest seen on this connection
     * @param emptyAt when the socket was last read empty, as of {@link System#nanoTime}
     * @return how many bytes to allow the server now; 0 for none yet
     */
    long taken(int bytes, long now, long roundTripNanos, long emptyAt) {
        if (!flows) {
            // The first round begins with the stream: before, nobody had asked for it.
            flows = true;
            roundStart = now;
        }
        unread -= bytes;
        owed += bytes;
        if (owed < step()) {
            return 0;
        }
        tune(now, roundTripNanos, emptyAt);
        // After a shrink there may be nothing to give: what is on its way fills the smaller window.
        long allowed = Math.max(0, size - left - unread);
        if (allowed == 0) {
            owed = Math.max(0, owed - step());
            return 0;
        }
        owed = 0;
        left += allowed;
        return allowed;
    }

    /** The usual window is topped up at a half: each adjust costs a packet. Larger ones sooner, to keep the pipe full. */
    private int step() {
        return size <= INITIAL ? size / 2 : size / 4;
    }

    private void tune(long now, long roundTripNanos, long emptyAt) {
        boolean piledUp = now - emptyAt > PILED_UP_ROUNDS * Math.max(roundTripNanos, LEAST_ROUND_NANOS);
        if (unread > size / 2 || piledUp) {
            size = Math.max(Math.min(INITIAL, max), size / 2);
        }
        long elapsed = now - roundStart;
        if (elapsed < roundTripNanos) {
            return;
        }
        // The share of what came that belongs to one round trip.
        boolean limited = roundTripNanos >= LEAST_DISTANCE_NANOS
                && roundBytes * (double) roundTripNanos >= (double) elapsed * size / 2;
        if (limited && unread < size / 8 && emptyAt - roundStart > 0) {
            size = (int) Math.min(max, 2L * size);
        }
        roundBytes = 0;
        roundStart = now;
    }
}
