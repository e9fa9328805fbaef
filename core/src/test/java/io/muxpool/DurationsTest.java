package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "0.001, 0",
        "-0.001, 0",
        "8.791, 8.79",
        "1.10, 1.1",
        "1.00, 1",
        "12.34, 12.3",
        "10, 10",
        "20, 20",
        "100, 100",
        "123.4, 123",
        "1200, 1200",
        "-8.791, -8.79",
        "-123.4, -123",
    })
    void numbersHaveThreeDigitsAtMostAndNoTrailingZeros(BigDecimal value, String expected) {
        assertThat(Durations.number(value)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "1.005, 1",
        "1.015, 1.02",
        "2.345, 2.34",
        "2.3450000000000000000000001, 2.35",
        "12.25, 12.2",
        "12.35, 12.4",
        "120.5, 120",
        "121.5, 122",
        "-2.345, -2.34",
    })
    void tiesGoToTheEvenDigitOfTheExactValue(BigDecimal value, String expected) {
        assertThat(Durations.number(value)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "9.994, 9.99",
        "9.995, 10",
        "9.9949999999, 9.99",
        "9.996, 10",
        "99.94, 99.9",
        "99.95, 100",
        "99.9499999, 99.9",
        "99.96, 100",
        "999.6, 1000",
    })
    void roundingMayCrossIntoTheNextSize(BigDecimal value, String expected) {
        assertThat(Durations.number(value)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0s",
        "1, 1ns",
        "999, 999ns",
        "1000, 1us",
        "1500, 1.5us",
        "8791234, 8.79ms",
        "125000000, 125ms",
        "1005000, 1ms",
        "1015000, 1.02ms",
        "10000000000, 10s",
        "59900000000, 59.9s",
        "60000000000, 1m",
        "90000000000, 1.5m",
        "3600000000000, 1h",
        "360000000000000, 100h",
        "-1500, -1.5us",
    })
    void durationsTakeTheLargestUnitThatLeavesAtLeastOne(long nanos, String expected) {
        assertThat(Durations.format(Duration.ofNanos(nanos))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "999499, 999us",
        "999500, 1ms",
        "999500001, 1s",
        "999999600, 1s",
        "998500000, 998ms",
        "59949999999, 59.9s",
        "59950000000, 1m",
        "59960000000, 1m",
        "3597000000000, 1h",
        "3596999999999, 59.9m",
        "-999999600, -1s",
    })
    void roundingUpToTheNextUnitUsesThatUnit(long nanos, String expected) {
        assertThat(Durations.format(Duration.ofNanos(nanos))).isEqualTo(expected);
    }

    @Test
    void thirdsOfAMinuteAreRoundedAndNotTruncated() {
        assertThat(Durations.format(Duration.ofSeconds(100))).isEqualTo("1.67m");
        assertThat(Durations.format(Duration.ofSeconds(80))).isEqualTo("1.33m");
    }

    @Test
    void extremesAreFormattedWithoutOverflow() {
        assertThat(Durations.format(Duration.ofSeconds(Long.MAX_VALUE, 999_999_999)))
                .isEqualTo("2562047788015216h");
        assertThat(Durations.format(Duration.ofSeconds(Long.MIN_VALUE))).isEqualTo("-2562047788015216h");
    }
}
