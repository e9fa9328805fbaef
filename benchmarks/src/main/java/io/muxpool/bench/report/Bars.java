package io.muxpool.bench.report;

import io.muxpool.bench.report.Figures.Figure;
import io.muxpool.bench.report.Figures.Group;
import io.muxpool.bench.report.Sketch.Anchor;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.Series.Kind;
import java.util.List;

/** Horizontal bars from zero, a group for each place: the median as a bar with its figure, a whisker to P90. */
final class Bars {
    private static final double ROW = 18;
    private static final double BAR = 12;
    private static final double HEAD = 20;
    private static final double FOOT = 18;
    private static final double BETWEEN = 12;
    private static final double GAP = 6;
    private static final double WIDEST_NAME = 180;
    private static final int TICKS = 4;

    /** From here on, bars of different groups cannot share a scale: the shorter ones would all look alike. */
    private static final double APART = 2.5;

    private final Sketch sketch;
    private final Chart chart;
    private final List<Group> groups;
    private final double left;
    private final double right;

    private Bars(Sketch sketch, Chart chart, List<Group> groups) {
        this.sketch = sketch;
        this.chart = chart;
        this.groups = groups;
        List<Figure> figures =
                groups.stream().flatMap(group -> group.figures().stream()).toList();
        double names = figures.stream()
                .mapToDouble(figure -> type(figure).width(figure.name()))
                .max()
                .orElse(0);
        double values = figures.stream()
                .mapToDouble(figure -> type(figure).width(value(figure)))
                .max()
                .orElse(0);
        left = Sketch.MARGIN + Math.min(WIDEST_NAME, names) + GAP;
        right = Sketch.RIGHT - values - GAP;
    }

    /** Draws them from there on down; answers where it ended. */
    static double draw(Sketch sketch, Chart chart, double top) {
        Bars bars = new Bars(sketch, chart, Figures.of(chart).groups());
        double bottom = top;
        for (Group group : bars.groups) {
            bottom = bars.group(group, bottom + (bottom == top ? 0 : BETWEEN));
        }
        return bottom;
    }

    /** Whether each group is drawn to a scale of its own. */
    static boolean apart(Chart chart) {
        List<Group> groups = Figures.of(chart).groups();
        double least = groups.stream().mapToDouble(Group::reach).min().orElse(0);
        return farthest(groups) > APART * least;
    }

    private static double farthest(List<Group> groups) {
        return groups.stream().mapToDouble(Group::reach).max().orElse(0);
    }

    private double group(Group group, double top) {
        double farthest = apart(chart) ? group.reach() : farthest(groups);
        Scale scale = new Scale(0, farthest > 0 ? farthest : 1, left, right, false);
        String head = Type.HEAD.fit(group.head(), Sketch.RIGHT - Sketch.MARGIN);
        sketch.text(Sketch.MARGIN, top + Type.HEAD.size(), Type.HEAD, Anchor.START, "ink", head);
        double first = top + HEAD;
        double bottom = first + group.figures().size() * ROW;
        for (double tick : Ticks.linear(farthest, TICKS)) {
            double x = scale.at(tick);
            sketch.line(x, first, x, bottom, tick == 0 ? "axis" : "grid");
            sketch.text(x, bottom + Type.SMALL.size() + 1, Type.SMALL, Anchor.MIDDLE, "soft", Numbers.tick(tick));
        }
        for (int i = 0; i < group.figures().size(); i++) {
            row(group.figures().get(i), scale, first + i * ROW + ROW / 2);
        }
        return bottom + FOOT;
    }

    private void row(Figure figure, Scale scale, double middle) {
        Type type = type(figure);
        double baseline = middle + type.size() * 0.36;
        sketch.text(left - GAP, baseline, type, Anchor.END, "ink", type.fit(figure.name(), WIDEST_NAME));
        double end = scale.at(0);
        if (figure.drawable()) {
            end = scale.at(figure.stats().p50());
            Ink ink = Ink.of(chart, figure.series());
            String look = figure.series().kind() == Kind.LIMIT ? "hollow" : ink.fill();
            sketch.bar(left, middle - BAR / 2, end - left, BAR, look, tip(figure));
        }
        double reach = scale.at(figure.reach());
        if (figure.drawable() && reach > end) {
            sketch.line(end, middle, reach, middle, "whisker");
            sketch.line(reach, middle - 3, reach, middle + 3, "whisker");
            end = reach;
        }
        sketch.text(end + GAP, baseline, type, Anchor.START, "ink halo", value(figure));
    }

    private String tip(Figure figure) {
        String value = figure.name() + ": " + Numbers.with(chart.unit(), value(figure));
        return figure.stats().count() == 1
                ? value
                : value
                        + ", P90 " + Numbers.measured(figure.stats().p90())
                        + ", P99 " + Numbers.measured(figure.stats().p99());
    }

    private static String value(Figure figure) {
        return Numbers.measured(figure.stats().p50());
    }

    private static Type type(Figure figure) {
        return figure.series().kind() == Kind.MUXPOOL ? Type.STRONG : Type.LABEL;
    }
}
