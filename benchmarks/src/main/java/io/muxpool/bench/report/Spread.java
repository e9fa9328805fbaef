package io.muxpool.bench.report;

import java.util.List;

/** Moves labels apart that would lie on each other. */
final class Spread {
    private Spread() {}

    /**
     * Answers positions at least {@code gap} apart, in the same order, as near to the wanted ones as may be.
     *
     * @param wanted ascending
     * @param from the first position there is
     * @param to the last one; with {@code from} it must leave room for all
     */
    static double[] apart(List<Double> wanted, double gap, double from, double to) {
        int count = wanted.size();
        double[] down = new double[count];
        double[] up = new double[count];
        for (int i = 0; i < count; i++) {
            down[i] = Math.max(wanted.get(i), i == 0 ? from : down[i - 1] + gap);
        }
        for (int i = count - 1; i >= 0; i--) {
            up[i] = Math.min(wanted.get(i), i == count - 1 ? to : up[i + 1] - gap);
        }
        // Pushed down only, a crowd hangs below its lines; pushed up only, above. Halfway between it is amid them, and
        // still apart: so are both. What that moves over an edge is pushed back.
        double[] places = new double[count];
        for (int i = 0; i < count; i++) {
            places[i] = Math.max((down[i] + up[i]) / 2, i == 0 ? from : places[i - 1] + gap);
        }
        for (int i = count - 1; i >= 0; i--) {
            places[i] = Math.min(places[i], i == count - 1 ? to : places[i + 1] - gap);
        }
        return places;
    }
}
