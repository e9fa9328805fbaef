package io.muxpool.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Lanes that bring nothing go back. Time is counted here, not waited for. */
final class PaceTest {
    private static final double WINDOW = Flow.WINDOW;
    private static final int MOST = 14;
    private static final long LOOK_NANOS = 5_000_000;

    /** A way of so many bytes a second for each number of lanes, seen through a round trip of so many seconds. */
    private static int lanesAfter(double seconds, double roundTrip, boolean doubtful, IntToDoubleFunction rate) {
        Pace pace = new Pace(MOST, 0, 0);
        long spell = (long) (Math.max(roundTrip, 0.05) * 1e9);
        double bytes = 0;
        int lanes = 1;
        for (long now = LOOK_NANOS; now < seconds * 1e9; now += LOOK_NANOS) {
            bytes += rate.applyAsDouble(lanes) * LOOK_NANOS / 1e9;
            lanes = pace.lanes((long) bytes, now, lanes, WINDOW / roundTrip, spell, doubtful);
        }
        return lanes;
    }

    @Test
    void aLongRoundTripGetsAllLanesAtOnceAndKeepsThem() {
        assertThat(lanesAfter(0.2, 0.1, false, lanes -> lanes * WINDOW / 0.1)).isEqualTo(MOST);
        assertThat(lanesAfter(10, 0.1, false, lanes -> lanes * WINDOW / 0.1)).isEqualTo(MOST);
    }

    @Test
    void aRoundTripInDoubtGetsOneLaneMoreFirst() {
        assertThat(lanesAfter(0.1, 0.02, true, lanes -> lanes * WINDOW / 0.02)).isEqualTo(2);
        assertThat(lanesAfter(1, 0.02, true, lanes -> lanes * WINDOW / 0.02)).isEqualTo(MOST);
    }

    @Test
    void aBusyMachineThatPassesForALongRoundTripGoesOnWithOneLane() {
        // As fast as its window seems to allow, and slower with each lane.
        assertThat(lanesAfter(5, 0.02, true, lanes -> WINDOW / 0.02 / lanes)).isEqualTo(1);
        assertThat(lanesAfter(5, 0.1, false, lanes -> WINDOW / 0.1 / lanes)).isEqualTo(1);
    }

    @Test
    void lanesThatBringNothingGoBackThoughTheyDoNoHarm() {
        assertThat(lanesAfter(5, 0.1, false, lanes -> WINDOW / 0.1)).isEqualTo(1);
    }

    @Test
    void whatIsSlowForAnotherReasonThanItsWindowKeepsOneLane() {
        assertThat(lanesAfter(5, 0.1, false, lanes -> lanes * WINDOW / 0.1 / 3)).isEqualTo(1);
    }

    @Test
    void lanesThatAreStillBeingOpenedAreNotJudged() {
        Pace pace = new Pace(MOST, 0, 0);
        double bytes = 0;
        int lanes = 1;
        for (long now = LOOK_NANOS; now < 2_000_000_000L; now += LOOK_NANOS) {
            bytes += WINDOW / 0.1 * LOOK_NANOS / 1e9;
            lanes = pace.lanes((long) bytes, now, 1, WINDOW / 0.1, 100_000_000, false);
        }
        assertThat(lanes).isEqualTo(MOST);
    }
}
