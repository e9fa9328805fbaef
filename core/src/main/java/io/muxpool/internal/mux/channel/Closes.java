package io.muxpool.internal.mux.channel;

/**
 * The CLOSEs sent on one socket, and how many of them the server has worked off for certain: it frees a session only then,
 * and an answer to what was sent behind a CLOSE proves it. Guarded by its attachment's lock.
 */
final class Closes {
    private long sent;
    private long proven;
    private long lastAt;

    void sentOne(long now) {
        sent++;
        lastAt = now;
    }

    long sent() {
        return sent;
    }

    /**
     * What was sent behind so many CLOSEs has been answered.
     *
     * @return whether that is news
     */
    boolean proven(long closes) {
        boolean news = closes > proven;
        proven = Math.max(proven, closes);
        return news;
    }

    long proven() {
        return proven;
    }

    /** Sessions that the server may still count although we have closed them. */
    int unproven() {
        return (int) (sent - proven);
    }

    /**
     * Believes all of them worked off when the last was sent at least {@code nanos} ago.
     *
     * @return how long that is still to come; 0 when it was done
     */
    long presumeProven(long nanos, long now) {
        long left = nanos - (now - lastAt);
        if (left > 0) {
            return left;
        }
        proven = sent;
        return 0;
    }
}
