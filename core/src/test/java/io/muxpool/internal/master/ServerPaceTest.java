package io.muxpool.internal.master;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ServerPaceTest {
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    private final ServerPace pace = new ServerPace();

    private void begin(int logins, long now) {
        for (int i = 0; i < logins; i++) {
            assertThat(pace.waitNanos(now)).isZero();
            pace.begin(now);
        }
    }

    @Test
    void fewerBeginAtOnceThanSshdRefusesByDefault() {
        begin(8, 0);
        assertThat(pace.waitNanos(1)).isPositive();
        pace.end(0);
        assertThat(pace.waitNanos(2)).isZero();
    }

    @Test
    void loginThatHangsHoldsOthersUpForAShortTimeOnly() {
        begin(8, 0);
        assertThat(pace.waitNanos(MS)).isEqualTo(ServerPace.COUNTS_NANOS - MS);
        assertThat(pace.waitNanos(ServerPace.COUNTS_NANOS)).isZero();
    }

    @Test
    void moreAreAllowedAfterEachRoundWithoutARefusal() {
        for (int i = 0; i < 8; i++) {
            pace.answered(0);
        }
        assertThat(pace.window()).isEqualTo(9);
        for (int i = 0; i < 10_000; i++) {
            pace.answered(0);
        }
        assertThat(pace.window()).isEqualTo(64);
    }

    @Test
    void refusalHalvesThemAndMakesAllPause() {
        begin(7, 0);
        pace.refused(0, MS, 1);
        assertThat(pace.window()).isEqualTo(4);
        assertThat(pace.waitNanos(MS)).isEqualTo(100 * MS);
        // They had begun before the pace was slowed.
        pace.refused(0, 2 * MS, 1);
        assertThat(pace.window()).isEqualTo(4);
        assertThat(pace.pauseNanos(2 * MS)).isEqualTo(99 * MS);
        for (int i = 0; i < 7; i++) {
            pace.end(0);
        }
        assertThat(pace.waitNanos(101 * MS)).isZero();
    }

    @Test
    void pausesDoubleUntilSomebodyIsLetIn() {
        long now = 0;
        for (long pause : new long[] {100, 200, 400, 800, 1600, 1600}) {
            pace.refused(now, now, 1);
            assertThat(pace.pauseNanos(now)).isEqualTo(pause * MS);
            now += pause * MS;
        }
        assertThat(pace.window()).isEqualTo(1);
        pace.answered(now);
        pace.refused(now, now, 0);
        assertThat(pace.pauseNanos(now)).as("half at the least").isEqualTo(50 * MS);
    }

    @Test
    void whatWasRefusedIsNotTriedAgainByGrowth() {
        begin(3, 0);
        pace.refused(0, MS, 0);
        for (int i = 0; i < 1000; i++) {
            pace.answered(0);
        }
        assertThat(pace.window()).isEqualTo(3);
        for (int i = 0; i < 1000; i++) {
            pace.answered(ServerPace.REMEMBERED_NANOS + 2 * MS);
        }
        assertThat(pace.window()).as("it was long ago").isGreaterThan(30);
    }
}
