package io.muxpool.bench.report;

import java.util.ArrayList;
import java.util.List;

/** Round values along an axis. */
final class Ticks {
    private static final double[] STEPS = {1, 2, 5, 10};

    private Ticks() {}

    /** From zero to at most {@code to}, not more than {@code most} steps of 1, 2 or 5 times a power of ten. */
    static List<Double> linear(double to, int most) {
        List<Double> ticks = new ArrayList<>(List.of(0.0));
        double power = Math.pow(10, Math.floor(Math.log10(to / most)));
        if (!(power > 0) || !Double.isFinite(power)) {
            return ticks;
        }
        for (double step : STEPS) {
            if (to / (step * power) <= most + 1e-9) {
                for (int i = 1; i * step * power <= to * (1 + 1e-9); i++) {
                    ticks.add(i * step * power);
                }
                return ticks;
            }
        }
        return ticks;
    }

    /** Powers of ten from {@code from} to {@code to}, some left out where they are many. */
    static List<Double> logarithmic(double from, double to, int most) {
        int first = (int) Math.ceil(Math.log10(from) - 1e-9);
        int last = (int) Math.floor(Math.log10(to) + 1e-9);
        int step = Math.max(1, (int) Math.ceil((last - first + 1) / (double) most));
        List<Double> ticks = new ArrayList<>();
        for (int i = first; i <= last; i += step) {
            ticks.add(Math.pow(10, i));
        }
        return ticks;
    }
}
