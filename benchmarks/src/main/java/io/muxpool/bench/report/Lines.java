package io.muxpool.bench.report;

import io.muxpool.bench.report.Sketch.Anchor;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.Chart.Axis;
import io.muxpool.bench.result.Point;
import io.muxpool.bench.result.Series;
import io.muxpool.bench.result.Series.Kind;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Medians along an axis of numbers: a line for each client, its name at its end. */
final class Lines {
    private static final double LOW = 210;
    private static final double HIGH = 290;
    private static final int FEW = 3;
    private static final double LABEL = 15;
    private static final double KEY = 8;
    private static final double GAP = 5;
    private static final double INSET = 8;
    private static final double HEADROOM = 14;
    private static final double WIDEST_NAME = 135;
    private static final double DECADES = 100;
    private static final int TICKS = 5;

    /** A client's line, without the points that are no numbers. */
    private record Line(Series series, Ink ink, List<Point> points) {
        Point last() {
            return points.get(points.size() - 1);
        }

        Type type() {
            return series.kind() == Kind.MUXPOOL ? Type.STRONG : Type.LABEL;
        }

        /** A dashed line in grey need not be called a limit where that does not fit. */
        String name() {
            String name = Figures.name(series);
            return type().width(name) <= WIDEST_NAME ? name : series.client();
        }
    }

    private final Sketch sketch;
    private final List<Line> lines;
    private final Scale across;
    private final Scale up;
    private final List<Double> ticks;

    private Lines(Sketch sketch, Chart chart, List<Line> lines, double top) {
        this.sketch = sketch;
        this.lines = lines;
        double height = Math.max(lines.size() > FEW ? HIGH : LOW, lines.size() * LABEL);
        double bottom = top + HEADROOM + height;
        up = values(chart, bottom, top + HEADROOM);
        ticks = up.logarithmic() ? Ticks.logarithmic(up.from(), up.to(), TICKS) : Ticks.linear(up.to(), TICKS);
        double figures = ticks.stream()
                .mapToDouble(tick -> Type.SMALL.width(Numbers.tick(tick)))
                .max()
                .orElse(0);
        double names = lines.stream()
                .mapToDouble(line -> line.type().width(line.name()))
                .max()
                .orElse(0);
        double left = Sketch.MARGIN + figures + GAP;
        double right = Sketch.RIGHT - Math.min(WIDEST_NAME, names) - 3 * GAP - KEY;
        across = places(chart.axis(), left + INSET, right);
    }

    /** Draws them from there on down; answers where it ended. */
    static double draw(Sketch sketch, Chart chart, double top) {
        List<Line> lines = chart.series().stream()
                .map(series -> new Line(series, Ink.of(chart, series), numbers(chart, series)))
                .filter(line -> !line.points().isEmpty())
                .toList();
        Lines drawing = new Lines(sketch, chart, lines, top);
        drawing.values();
        drawing.names();
        drawing.lines();
        return PlaceTicks.draw(sketch, chart.axis(), drawing.across, drawing.up.start());
    }

    /** Whether the values of different lines are so far apart that the lower ones would lie on the axis. */
    static boolean isLogarithmic(Chart chart) {
        double[] values = all(chart);
        double least = least(values);
        return least > 0 && most(values) > DECADES * least;
    }

    private static Scale values(Chart chart, double bottom, double top) {
        double[] values = all(chart);
        if (isLogarithmic(chart)) {
            return new Scale(least(values) / 1.3, most(values) * 1.1, bottom, top, true);
        }
        double most = most(values);
        return new Scale(0, most > 0 ? most * 1.03 : 1, bottom, top, false);
    }

    private static Scale places(Axis axis, double left, double right) {
        double first = axis.places().get(0);
        double last = axis.places().get(axis.places().size() - 1);
        return new Scale(first, last, left, right, first > 0 && last >= 10 * first);
    }

    private static double[] all(Chart chart) {
        return chart.series().stream()
                .flatMap(series -> numbers(chart, series).stream())
                .mapToDouble(point -> point.stats().p50())
                .toArray();
    }

    private static double least(double[] values) {
        return Arrays.stream(values).min().orElse(0);
    }

    private static double most(double[] values) {
        return Arrays.stream(values).max().orElse(0);
    }

    private static List<Point> numbers(Chart chart, Series series) {
        return series.points().stream()
                .filter(point -> Double.isFinite(point.stats().p50()))
                .filter(point -> chart.axis().places().contains(point.x()))
                .sorted(Comparator.comparingDouble(Point::x))
                .toList();
    }

    private void values() {
        double left = across.start() - INSET;
        for (double tick : ticks) {
            double y = up.at(tick);
            sketch.line(left, y, across.end(), y, "grid");
            sketch.text(left - GAP, y + 4, Type.SMALL, Anchor.END, "soft", Numbers.tick(tick));
        }
        sketch.line(left, up.start(), across.end(), up.start(), "axis");
    }

    private void names() {
        List<Line> sorted = lines.stream()
                .sorted(Comparator.comparingDouble(line -> y(line.last())))
                .toList();
        double[] places =
                Spread.apart(sorted.stream().map(line -> y(line.last())).toList(), LABEL, up.end(), up.start());
        for (int i = 0; i < places.length; i++) {
            Line line = sorted.get(i);
            double x = across.end() + 3 * GAP;
            sketch.line(
                    x(line.last()),
                    y(line.last()),
                    x - 2,
                    places[i],
                    "leader " + line.ink().stroke());
            if (places.length > 1) {
                mark(line, x, places[i]);
            }
            String name = line.type().fit(line.name(), WIDEST_NAME);
            sketch.text(x + KEY, places[i] + 4, line.type(), Anchor.START, "ink", name);
        }
    }

    private void lines() {
        // The one that matters lies on top.
        List<Line> sorted = lines.stream()
                .sorted(Comparator.comparing(line -> line.series().kind() == Kind.MUXPOOL))
                .toList();
        for (Line line : sorted) {
            String path = line.points().stream()
                    .map(point -> Markup.number(x(point)) + " " + Markup.number(y(point)))
                    .collect(Collectors.joining("L", "M", ""));
            String weight = line.series().kind() == Kind.MUXPOOL ? "heavy " : "";
            sketch.path(path, "line " + weight + line.ink().stroke(), line.ink().dash());
            line.points().forEach(point -> mark(line, x(point), y(point)));
        }
        if (lines.size() == 1) {
            figures(lines.get(0));
        }
    }

    private void mark(Line line, double x, double y) {
        String outline = line.ink().mark().around(x, y);
        if (!outline.isEmpty()) {
            sketch.path(outline, "mark " + line.ink().fill() + " " + line.ink().stroke(), "");
        }
    }

    /** A single line has room for its figures, above it: to the left of where it rises from. */
    private void figures(Line line) {
        double free = 0;
        for (int i = 0; i < line.points().size(); i++) {
            Point point = line.points().get(i);
            boolean rises = i + 1 < line.points().size() && y(line.points().get(i + 1)) < y(point) - HEADROOM;
            String figure = Numbers.measured(point.stats().p50());
            double half = Type.SMALL.width(figure) / 2;
            double middle = rises ? x(point) - half + GAP : x(point);
            double x = Math.max(across.start() - INSET + half, Math.min(across.end() - half, middle));
            if (x - half >= free) {
                sketch.text(x, y(point) - 8, Type.SMALL, Anchor.MIDDLE, "ink halo", figure);
                free = x + half + GAP;
            }
        }
    }

    private double x(Point point) {
        return across.at(point.x());
    }

    private double y(Point point) {
        return up.at(point.stats().p50());
    }
}
