package io.muxpool.internal.mux.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.internal.mux.wire.ProtocolException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A stream as its receiver sees it, in numbers: a server that sends what it may, over a path of 100 ms. */
class LocalWindowTest {
    private static final int INITIAL = LocalWindow.INITIAL;
    private static final int MAX = 8 * INITIAL;
    private static final int PACKET = 32 * 1024;
    private static final long RTT = TimeUnit.MILLISECONDS.toNanos(100);

    private final LocalWindow window = new LocalWindow(INITIAL, MAX);
    private long now = TimeUnit.HOURS.toNanos(5);
    private long emptyAt = now;
    private long allowed = INITIAL;

    private void round(boolean socketSeenEmpty) throws ProtocolException {
        round(RTT, socketSeenEmpty);
    }

    /** One round trip: all that is allowed comes, in packets, over its time, and is taken at once. */
    private void round(long nanos, boolean socketSeenEmpty) throws ProtocolException {
        long mayCome = allowed;
        allowed = 0;
        long packets = mayCome / PACKET;
        for (long i = 0; i < packets; i++) {
            now += nanos / packets;
            if (socketSeenEmpty) {
                emptyAt = now;
            }
            window.received(PACKET);
            allowed += window.taken(PACKET, now, nanos, emptyAt);
        }
    }

    @Test
    void itDoesNotGrowOnAShortPath() throws ProtocolException {
        for (int i = 0; i < 50; i++) {
            round(RTT / 25, true);
        }
        assertThat(window.size()).isEqualTo(INITIAL);
    }

    @Test
    void itGrowsWhileItIsWhatHoldsTheStreamBack() throws ProtocolException {
        for (int i = 0; i < 12; i++) {
            round(true);
        }
        assertThat(window.size()).isEqualTo(MAX);
    }

    @Test
    void itHasGrownByTheEndOfTheSecondRound() throws ProtocolException {
        round(true);
        round(true);
        assertThat(window.size()).isGreaterThan(INITIAL);
    }

    @Test
    void itStaysAtItsLimit() throws ProtocolException {
        LocalWindow small = new LocalWindow(INITIAL, INITIAL / 2);
        assertThat(small.size()).isEqualTo(INITIAL / 2);
        small.received(PACKET);
        assertThatThrownBy(() -> small.received(INITIAL)).isInstanceOf(ProtocolException.class);
    }

    /** Trap T6: what piles up in the master is copied there again and again. */
    @Test
    void itDoesNotGrowWhileTheSocketIsNeverEmpty() throws ProtocolException {
        for (int i = 0; i < 12; i++) {
            round(false);
        }
        assertThat(window.size()).isEqualTo(INITIAL);
    }

    @Test
    void itShrinksAgainWhenTheSocketIsNeverEmpty() throws ProtocolException {
        for (int i = 0; i < 12; i++) {
            round(true);
        }
        for (int i = 0; i < 20; i++) {
            round(false);
        }
        assertThat(window.size()).isEqualTo(INITIAL);
    }

    @Test
    void itDoesNotGrowForAStreamThatIsSlowByItself() throws ProtocolException {
        for (int i = 0; i < 500; i++) {
            now += RTT;
            emptyAt = now;
            window.received(PACKET);
            allowed += window.taken(PACKET, now, RTT, emptyAt);
        }
        assertThat(window.size()).isEqualTo(INITIAL);
        // And all of it was given back, but for less than a step.
        assertThat(allowed).isBetween(INITIAL + 500L * PACKET - INITIAL / 2, INITIAL + 500L * PACKET);
    }

    @Test
    void aReaderThatFallsBehindGetsNoMoreThanTheWindow() throws ProtocolException {
        for (int i = 0; i < INITIAL / PACKET; i++) {
            window.received(PACKET);
        }
        assertThatThrownBy(() -> window.received(1))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("into a window of 0");
    }

    @Test
    void whatIsAllowedNeverExceedsTheWindow() throws ProtocolException {
        long outstanding = INITIAL;
        int largest = INITIAL;
        for (int i = 0; i < 5000; i++) {
            now += RTT / 100;
            emptyAt = i % 7 == 0 ? now : emptyAt;
            if (outstanding >= PACKET) {
                window.received(PACKET);
                outstanding -= PACKET;
            }
            outstanding += window.taken(i % 3 == 0 ? PACKET : 0, now, RTT, emptyAt);
            largest = Math.max(largest, window.size());
            assertThat(outstanding).isLessThanOrEqualTo(largest);
        }
    }
}
