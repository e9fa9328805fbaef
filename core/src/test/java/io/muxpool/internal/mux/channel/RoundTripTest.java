package io.muxpool.internal.mux.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RoundTripTest {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final RoundTrip trip = new RoundTrip(0);

    @Test
    void itIsTakenForLongUntilItIsKnown() {
        assertThat(trip.nanos()).isEqualTo(RoundTrip.UNKNOWN_NANOS);
    }

    @Test
    void theShortestCounts() {
        trip.measured(20 * MILLI, 1);
        trip.measured(10 * MILLI, 2);
        trip.measured(90 * MILLI, 3);
        assertThat(trip.nanos()).isEqualTo(10 * MILLI);
    }

    @Test
    void aPathThatHasBecomeLongerIsBelievedAfterTwoMinutes() {
        trip.measured(10 * MILLI, 1);
        trip.measured(80 * MILLI, MINUTE + 2);
        assertThat(trip.nanos()).isEqualTo(10 * MILLI);
        trip.measured(90 * MILLI, 2 * MINUTE + 3);
        assertThat(trip.nanos()).isEqualTo(80 * MILLI);
    }

    @Test
    void whatWasMeasuredBeforeALongSilenceIsForgotten() {
        trip.measured(10 * MILLI, 1);
        trip.measured(80 * MILLI, 5 * MINUTE);
        assertThat(trip.nanos()).isEqualTo(80 * MILLI);
    }
}
