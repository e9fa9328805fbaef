package io.muxpool.internal.master;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * How many logins to one server may be on their way at a time, and since when one may begin again after the server has
 * refused one. Pure policy: the time is an argument. Not thread-safe.
 *
 * <p>sshd refuses handshakes when too many logins are unfinished (MaxStartups; 10 by default, where chance decides from then
 * on). So {@value #START} begin at once, one more is allowed after each round without a refusal, and half as many after a
 * refusal.
 */
final class ServerPace {
    /** Below the 10 from which sshd refuses by default. */
    static final int START = 8;

    private static final int MOST = 64;

    /**
     * A login that takes longer counts no more: most likely it waits for something else, such as a host behind this one
     * that does not answer.
     */
    static final long COUNTS_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** How long it is remembered how many were too many. */
    static final long REMEMBERED_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final int MOST_DOUBLINGS = 4;

    /** Since when each login is on its way, the eldest first. */
    private final Deque<Long> begun = new ArrayDeque<>();

    private int window = START;
    private int most = MOST;
    private int round;
    private long successes;
    private int refusedRounds;
    private long slowedAt;
    private long notBefore;
    private boolean paused;

    /** How long nobody may log in, after a refusal; 0 without. */
    long pauseNanos(long now) {
        paused = paused && notBefore - now > 0;
        return paused ? notBefore - now : 0;
    }

    /** How long a login has to wait, in nanoseconds; 0 when it may begin. */
    long waitNanos(long now) {
        if (pauseNanos(now) > 0) {
            return notBefore - now;
        }
        while (!begun.isEmpty() && now - begun.getFirst() >= COUNTS_NANOS) {
            begun.removeFirst();
        }
        return begun.size() < window ? 0 : COUNTS_NANOS - (now - begun.getFirst());
    }

    void begin(long now) {
        begun.addLast(now);
    }

    /** A login that began then is over. */
    void end(long startedAt) {
        begun.removeFirstOccurrence(startedAt);
    }

    /** The server has let a login in, or has refused it for reasons of its own. */
    void answered(long now) {
        successes++;
        refusedRounds = 0;
        if (now - slowedAt >= REMEMBERED_NANOS) {
            // Most likely others had filled the server then.
            most = MOST;
        }
        if (++round >= window && window < most) {
            window++;
            round = 0;
        }
    }

    /**
     * The server has refused the handshake of a login that began then. Others that had begun by the last such time are of
     * the same round, and change nothing.
     *
     * @param chance from 0 to 1, so that processes do not come back together
     */
    void refused(long startedAt, long now, double chance) {
        if (refusedRounds > 0 && startedAt - slowedAt < 0) {
            return;
        }
        int onTheirWay = Math.min(window, begun.size() + 1);
        most = Math.max(1, onTheirWay - 1);
        window = Math.max(1, onTheirWay / 2);
        round = 0;
        slowedAt = now;
        long pause = FIRST_PAUSE_NANOS << Math.min(refusedRounds, MOST_DOUBLINGS);
        refusedRounds++;
        notBefore = now + (long) (pause * (0.5 + chance / 2));
        paused = true;
    }

    /** Logins that were answered, so that a caller sees whether the server lets anybody in. */
    long successes() {
        return successes;
    }

    int window() {
        return window;
    }

    /** Whether it knows nothing that a new one would not know. */
    boolean isFresh() {
        return begun.isEmpty() && window == START && successes == 0 && !paused;
    }
}
