package io.muxpool.bench.result;

import java.util.Arrays;
import java.util.Collection;

/**
 * What a number of measurements of one thing came to, in the unit of their chart.
 *
 * @param count how many there were
 */
public record Stats(int count, double min, double p50, double p90, double p99, double max) {

    /** Of at least one value. A percentile is the value nearest to its rank, never one that was not measured. */
    public static Stats of(Collection<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("nothing was measured");
        }
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return new Stats(
                sorted.length,
                sorted[0],
                at(sorted, 0.5),
                at(sorted, 0.9),
                at(sorted, 0.99),
                sorted[sorted.length - 1]);
    }

    private static double at(double[] sorted, double share) {
        return sorted[(int) Math.round(share * (sorted.length - 1))];
    }
}
