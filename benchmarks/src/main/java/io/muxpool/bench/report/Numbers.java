package io.muxpool.bench.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.text.NumberFormat;
import java.util.Locale;

/** Numbers for people: as many digits as a measurement carries, never in the machine's own language. */
final class Numbers {
    /** Stands where there is no number to show. */
    static final String NONE = "–";

    private static final int DIGITS = 3;
    private static final double HUGE = 1e12;
    private static final double TINY = 1e-6;

    private Numbers() {}

    /** What was measured: three digits, as in {@code 16.0}, {@code 0.123} and {@code 1,230}. */
    static String measured(double value) {
        if (!Double.isFinite(value)) {
            return NONE;
        }
        if (value == 0) {
            return "0";
        }
        if (Math.abs(value) >= HUGE || Math.abs(value) < TINY) {
            return String.format(Locale.ROOT, "%.2e", value);
        }
        // Rounded first: 9.996 has one digit before the point, and what is shown of it has two.
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(DIGITS, RoundingMode.HALF_UP));
        int digitsBefore = rounded.precision() - rounded.scale();
        return digits(rounded, Math.max(0, DIGITS - digitsBefore));
    }

    /** What somebody chose: a place, a limit, a tick. As written, as in {@code 20}, {@code 1.25} and {@code 1,000}. */
    static String chosen(double value) {
        if (!Double.isFinite(value)) {
            return NONE;
        }
        if (value != 0 && (Math.abs(value) >= HUGE || Math.abs(value) < TINY)) {
            return String.format(Locale.ROOT, "%.0e", value);
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(9)).stripTrailingZeros();
        return digits(rounded, Math.max(0, rounded.scale()));
    }

    /** A tick's value, short enough to stand beside its neighbours, as in {@code 500} and {@code 20k}. */
    static String tick(double value) {
        if (value >= HUGE) {
            return chosen(value);
        }
        if (value >= 1e9) {
            return chosen(value / 1e9) + "G";
        }
        if (value >= 1e6) {
            return chosen(value / 1e6) + "M";
        }
        return value >= 1e4 ? chosen(value / 1e3) + "k" : chosen(value);
    }

    /** With its unit, as in {@code 1.05x} and {@code 20 ms}. */
    static String with(String unit, String number) {
        if (unit.isEmpty()) {
            return number;
        }
        return unit.equals("x") || unit.equals("%") ? number + unit : number + " " + unit;
    }

    private static String digits(BigDecimal value, int behindThePoint) {
        NumberFormat format = NumberFormat.getNumberInstance(Locale.ROOT);
        format.setMinimumFractionDigits(behindThePoint);
        format.setMaximumFractionDigits(behindThePoint);
        return format.format(value);
    }
}
