package io.muxpool.fleet;

import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is. Pure policy, without threads or a clock; not thread-safe.
 *
 * <pre>
 *   0 ... started ... open ... hosts
 *         |           |
 *         next turn   end of the batch: nobody behind it before all up to it have ended
 * </pre>
 */
final class Schedule {
    private final int hosts;
    private final Rollout rollout;
    private final FailureLimit limit;

    private int batch;
    private int open;
    private int started;
    private int ended;
    private int failed;
    private @Nullable String stopped;

    /** What whoever asks for a turn is told. */
    enum Turn {
        /** Take the next host. */
        GO,
        /** A batch has to end first. */
        WAIT,
        /** There will be no more turns. */
        OVER
    }

    Schedule(int hosts, Rollout rollout, FailureLimit limit) {
        this.hosts = hosts;
        this.rollout = rollout;
        this.limit = limit;
        this.open = rollout.size(0, hosts);
    }

    Turn turn() {
        if (stopped != null || started == hosts) {
            return Turn.OVER;
        }
        return started < open ? Turn.GO : Turn.WAIT;
    }

    /** Takes the next turn, which must be there, and returns the host's number. */
    int start() {
        if (turn() != Turn.GO) {
            throw new IllegalStateException("it is nobody's turn: " + this);
        }
        return started++;
    }

    void end(boolean success) {
        ended++;
        if (!success) {
            failed++;
            if (stopped == null && limit.isReached(failed, hosts)) {
                stopped = failed + " of " + hosts + " hosts failed, and the limit is " + limit;
            }
        }
        if (ended == open && open < hosts) {
            batch++;
            open = Math.min(hosts, open + rollout.size(batch, hosts));
        }
    }

    /** No more turns; the first reason stays. */
    void stop(String why) {
        if (stopped == null) {
            stopped = why;
        }
    }

    /** Why there are no more turns; null while there are, or when all had theirs. */
    @Nullable String stopped() {
        return stopped;
    }

    int running() {
        return started - ended;
    }

    int failed() {
        return failed;
    }

    int ended() {
        return ended;
    }

    /** The first host that had no turn. */
    int started() {
        return started;
    }

    @Override
    public String toString() {
        return "started " + started + " of " + hosts + ", open " + open + ", ended " + ended + ", failed " + failed;
    }
}
