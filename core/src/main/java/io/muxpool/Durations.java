package io.muxpool;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;

/** How durations are written in messages: {@code 8.79ms}, {@code 10s}, {@code 1.5m}. */
final class Durations {
    private static final String[] UNITS = {"ns", "us", "ms", "s", "m", "h"};
    private static final BigDecimal[] NANOS = {
        BigDecimal.valueOf(1),
        BigDecimal.valueOf(1_000),
        BigDecimal.valueOf(1_000_000),
        BigDecimal.valueOf(1_000_000_000),
        BigDecimal.valueOf(60_000_000_000L),
        BigDecimal.valueOf(3_600_000_000_000L)
    };
    private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

    private Durations() {}

    /** In the largest unit that leaves at least 1 after rounding: 999.9996 ms are {@code 1s}, not {@code 1000ms}. */
    static String format(Duration duration) {
        if (duration.isZero()) {
            return "0s";
        }
        BigDecimal nanos = BigDecimal.valueOf(duration.getSeconds(), -9).add(BigDecimal.valueOf(duration.getNano()));
        int unit = UNITS.length - 1;
        while (unit > 0 && nanos.abs().compareTo(NANOS[unit]) < 0) {
            unit--;
        }
        BigDecimal rounded = rounded(nanos, unit);
        if (unit + 1 < UNITS.length && rounded.abs().multiply(NANOS[unit]).compareTo(NANOS[unit + 1]) >= 0) {
            unit++;
            rounded = rounded(nanos, unit);
        }
        return plain(rounded) + UNITS[unit];
    }

    /** Two decimals under 10, one under 100, none above; trailing zeros dropped, rounded half to even. */
    static String number(BigDecimal value) {
        return plain(rounded(value));
    }

    private static BigDecimal rounded(BigDecimal nanos, int unit) {
        // A count of nanoseconds that is no tie in its unit is at least 1e-15 away from one: with 20 digits, this first
        // rounding can neither make a tie nor break one.
        return rounded(nanos.divide(NANOS[unit], 20, RoundingMode.HALF_EVEN));
    }

    private static BigDecimal rounded(BigDecimal value) {
        BigDecimal size = value.abs();
        int decimals = size.compareTo(BigDecimal.TEN) < 0 ? 2 : size.compareTo(HUNDRED) < 0 ? 1 : 0;
        return value.setScale(decimals, RoundingMode.HALF_EVEN);
    }

    private static String plain(BigDecimal rounded) {
        return rounded.stripTrailingZeros().toPlainString();
    }
}
