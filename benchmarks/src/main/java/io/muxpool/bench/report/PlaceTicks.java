package io.muxpool.bench.report;

import io.muxpool.bench.report.Sketch.Anchor;
import io.muxpool.bench.result.Chart.Axis;

/** The places along the foot of a line plot, in two rows where they are close; left out where they are closer. */
final class PlaceTicks {
    private static final double ROW = 14;
    private static final double GAP = 6;

    private PlaceTicks() {}

    /** Draws them beneath the axis; answers where it ended. */
    static double draw(Sketch sketch, Axis axis, Scale across, double y) {
        double[] free = {0, 0};
        double bottom = y;
        for (int i = 0; i < axis.places().size(); i++) {
            String label = Places.label(axis, i);
            double half = Type.SMALL.width(label) / 2;
            double x = across.at(axis.places().get(i));
            double middle = Math.max(Sketch.MARGIN + half, Math.min(Sketch.RIGHT - half, x));
            sketch.line(x, y, x, y + 4, "axis");
            int row = middle - half >= free[0] ? 0 : 1;
            if (middle - half >= free[row]) {
                double baseline = y + ROW * (row + 1) + 1;
                sketch.text(middle, baseline, Type.SMALL, Anchor.MIDDLE, "soft", label);
                free[row] = middle + half + GAP;
                bottom = Math.max(bottom, baseline);
            }
        }
        double name = bottom + ROW + 1;
        String text = Type.SMALL.fit(axis.name(), Sketch.RIGHT - Sketch.MARGIN);
        sketch.text(clamped((across.start() + across.end()) / 2, text), name, Type.SMALL, Anchor.MIDDLE, "ink", text);
        return name + 4;
    }

    private static double clamped(double x, String text) {
        double half = Type.SMALL.width(text) / 2;
        return Math.max(Sketch.MARGIN + half, Math.min(Sketch.RIGHT - half, x));
    }
}
