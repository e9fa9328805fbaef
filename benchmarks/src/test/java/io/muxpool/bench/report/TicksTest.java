package io.muxpool.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TicksTest {
    @Test
    void ticksAreRoundAndFew() {
        assertThat(Ticks.linear(138, 4)).containsExactly(0.0, 50.0, 100.0);
        assertThat(Ticks.linear(900, 4)).containsExactly(0.0, 500.0);
        assertThat(Ticks.linear(40, 4)).containsExactly(0.0, 10.0, 20.0, 30.0, 40.0);
        for (double to = 1e-9; to < 1e12; to *= 1.37) {
            assertThat(Ticks.linear(to, 5)).hasSizeBetween(3, 6);
        }
    }

    @Test
    void whereAllIsZeroThereIsOnlyZero() {
        assertThat(Ticks.linear(0, 4)).containsExactly(0.0);
    }

    @Test
    void logarithmicTicksArePowersOfTen() {
        assertThat(Ticks.logarithmic(0.4, 2300, 5)).containsExactly(1.0, 10.0, 100.0, 1000.0);
        assertThat(Ticks.logarithmic(1, 1e9, 5)).containsExactly(1.0, 100.0, 1e4, 1e6, 1e8);
    }

    @Test
    void labelsAreSpreadAsLittleAsMayBe() {
        assertThat(Spread.apart(List.of(10.0, 50.0, 90.0), 15, 0, 100)).containsExactly(10, 50, 90);
        assertThat(Spread.apart(List.of(50.0, 50.0, 50.0), 15, 0, 100)).containsExactly(35, 50, 65);
        assertThat(Spread.apart(List.of(98.0, 99.0, 100.0), 15, 0, 100)).containsExactly(70, 85, 100);
        assertThat(Spread.apart(List.of(0.0, 0.0, 1.0), 15, 0, 100)).containsExactly(0, 15, 30);
        assertThat(Spread.apart(List.of(), 15, 0, 100)).isEmpty();
    }
}
