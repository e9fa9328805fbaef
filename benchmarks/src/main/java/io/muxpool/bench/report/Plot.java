package io.muxpool.bench.report;

import io.muxpool.bench.report.Figures.Group;
import io.muxpool.bench.result.BenchRun;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** A chart as a picture: bars where there are few places or they have names, else lines. */
public final class Plot {
    private static final int FEW = 4;
    private static final double SHOWN_WIDTH = 560;
    private static final double TEXT_WIDTH = Sketch.RIGHT - Sketch.MARGIN;

    private Plot() {}

    /** An SVG that stands alone, on a white page as on a dark one: with its title, its style and its own ground. */
    public static String svg(Chart chart) {
        return draw(chart, true);
    }

    /** Writes each chart to {@code <id>.svg} in a directory, which is made if it is not there. */
    public static void writeAll(BenchRun run, Path directory) throws IOException {
        Files.createDirectories(directory);
        for (SceneResult scene : run.scenes()) {
            for (Chart chart : scene.charts()) {
                if (!chart.id().matches("[a-z0-9-]+")) {
                    throw new IllegalArgumentException("no name of a file: " + chart.id());
                }
                Files.writeString(directory.resolve(chart.id() + ".svg"), svg(chart));
            }
        }
    }

    /** An SVG for a page that has {@code plot.css}, and a title beside it. */
    static String inline(Chart chart) {
        return draw(chart, false);
    }

    /** Whether its places are numbers, and so many that a line says more than bars. */
    static boolean isCurve(Chart chart) {
        return chart.axis().names().isEmpty() && chart.axis().places().size() > FEW;
    }

    private static String draw(Chart chart, boolean alone) {
        Sketch sketch = new Sketch();
        double top = Sketch.MARGIN;
        if (alone) {
            top = sketch.paragraph(top, Type.TITLE, "ink", Type.TITLE.wrap(chart.title(), TEXT_WIDTH)) + 2;
        }
        top = sketch.paragraph(top, Type.LABEL, "soft", Type.LABEL.wrap(caption(chart), TEXT_WIDTH)) + 6;
        double bottom = top;
        if (!Figures.of(chart).groups().isEmpty()) {
            bottom = isCurve(chart) ? Lines.draw(sketch, chart, top) : Bars.draw(sketch, chart, top);
        }
        return frame(chart, alone, sketch, bottom + Sketch.MARGIN);
    }

    private static String frame(Chart chart, boolean alone, Sketch sketch, double height) {
        Markup svg = new Markup();
        String title = "plot-" + chart.id() + "-title";
        String description = "plot-" + chart.id() + "-figures";
        svg.open(
                "svg",
                "xmlns",
                "http://www.w3.org/2000/svg",
                "viewBox",
                "0 0 " + Markup.number(Sketch.WIDTH) + " " + Markup.number(height),
                "width",
                SHOWN_WIDTH,
                "height",
                height * SHOWN_WIDTH / Sketch.WIDTH,
                "class",
                "plot",
                "role",
                "img",
                "aria-labelledby",
                title,
                "aria-describedby",
                description,
                "font-family",
                "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif");
        svg.line().element("title", chart.title(), "id", title).line();
        svg.element("desc", description(chart), "id", description).line();
        if (alone) {
            svg.open("style").raw(Styles.PLOT).close().line();
        }
        svg.empty("rect", "width", Sketch.WIDTH, "height", height, "rx", 6.0, "class", "ground")
                .line();
        return svg.raw(sketch.toString()).close().line().toString();
    }

    private static String caption(Chart chart) {
        Figures figures = Figures.of(chart);
        if (figures.groups().isEmpty()) {
            return "Nothing was measured.";
        }
        String of = chart.unit().isEmpty() ? "" : " in " + chart.unit();
        boolean curve = isCurve(chart);
        String what = figures.once() ? "Measured once" + of : "Median" + of + (curve ? "" : ", whisker to P90");
        String caption = what + ". " + (chart.better() == Chart.Better.LOWER ? "Lower" : "Higher") + " is better.";
        if (curve) {
            return Lines.isLogarithmic(chart) ? caption + " Logarithmic scale." : caption;
        }
        return Bars.apart(chart) ? caption + " Each group has its own scale." : caption;
    }

    /** The picture in words, for who cannot see it. */
    private static String description(Chart chart) {
        return Figures.of(chart).groups().stream()
                .map(group -> group.head() + ". " + inWords(chart, group))
                .collect(Collectors.joining(". "));
    }

    private static String inWords(Chart chart, Group group) {
        return group.figures().stream()
                .map(figure -> figure.name() + " "
                        + Numbers.with(
                                chart.unit(), Numbers.measured(figure.stats().p50())))
                .collect(Collectors.joining(", "));
    }
}
