package io.muxpool.copy;

/**
 * How many lanes a file goes on, by what they bring. Used by one thread.
 *
 * <pre>
 *   ONE     one lane; the window is its limit -> PROBE, or ALL where the round trip is surely long
 *   PROBE   two lanes; much faster than one -> ALL, else BACK
 *   ALL     as many as may be; faster than one -> stays, else BACK
 *   BACK    one lane, for good
 * </pre>
 */
final class Pace {
    /** What a second lane has to bring, when each is as fast as its window allows. */
    private static final double MUCH = 1.5;

    /** What all together have to bring at least, to be kept. */
    private static final double SOME = 1.2;

    /** Spells in which more lanes show what they bring; in the first, less of them is under way. */
    private static final int SPELLS = 3;

    private enum Stage {
        ONE,
        PROBE,
        ALL,
        KEPT,
        BACK
    }

    private final int most;
    private Stage stage = Stage.ONE;
    // Of the stage: its first bytes, and those of the spell that runs.
    private long stageBytes;
    private long stageNanos;
    private long spellBytes;
    private long spellNanos;
    private double oneRate;
    private int working;

    /** One lane begins. */
    Pace(int most, long bytes, long nanos) {
        this.most = most;
        begin(Stage.ONE, bytes, nanos);
    }

    private void begin(Stage next, long bytes, long nanos) {
        stage = next;
        stageBytes = bytes;
        stageNanos = nanos;
        spellBytes = bytes;
        spellNanos = nanos;
    }

    /**
     * How many lanes there are to be from now on.
     *
     * @param bytes that have arrived
     * @param nowWorking lanes that have brought something so far: others may still be opened
     * @param laneRate the most that a window allows, in bytes a second
     * @param spell the time in which a rate is to be seen: a round trip, or longer
     * @param doubtful whether the round trip may be a busy machine's
     */
    int lanes(long bytes, long nanos, int nowWorking, double laneRate, long spell, boolean doubtful) {
        switch (stage) {
            case ONE -> {
                // Not at the end of the spell only: it is a round trip, and there are few of them.
                if (bytes - spellBytes >= laneRate / 2 * spell / 1e9) {
                    oneRate = rate(bytes, nanos);
                    begin(doubtful ? Stage.PROBE : Stage.ALL, bytes, nanos);
                } else if (nanos - spellNanos >= spell) {
                    spellBytes = bytes;
                    spellNanos = nanos;
                }
            }
            case PROBE, ALL -> {
                if (nowWorking != working) {
                    working = nowWorking;
                    begin(stage, bytes, nanos);
                } else if (nowWorking > 1 && nanos - stageNanos >= SPELLS * spell) {
                    judge(bytes, nanos);
                } else if (spellBytes == stageBytes && nanos - stageNanos >= spell) {
                    spellBytes = bytes;
                    spellNanos = nanos;
                }
            }
            case KEPT, BACK -> {}
        }
        return switch (stage) {
            case ONE, BACK -> 1;
            case PROBE -> Math.min(2, most);
            case ALL, KEPT -> most;
        };
    }

    private void judge(long bytes, long nanos) {
        double rate = (bytes - spellBytes) * 1e9 / Math.max(1, nanos - spellNanos);
        double wanted = stage == Stage.PROBE ? MUCH : SOME;
        boolean enough = rate >= wanted * oneRate;
        begin(!enough ? Stage.BACK : stage == Stage.PROBE ? Stage.ALL : Stage.KEPT, bytes, nanos);
    }

    private double rate(long bytes, long nanos) {
        return (bytes - stageBytes) * 1e9 / Math.max(1, nanos - stageNanos);
    }
}
