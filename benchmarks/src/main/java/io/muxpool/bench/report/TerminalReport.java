package io.muxpool.bench.report;

import io.muxpool.bench.report.Figures.Figure;
import io.muxpool.bench.report.Figures.Group;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import io.muxpool.bench.result.Series;
import io.muxpool.bench.result.Series.Kind;
import io.muxpool.bench.result.Stats;
import io.muxpool.bench.result.Target;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.IStyle;
import picocli.CommandLine.Help.Ansi.Style;

/** Figures as tables on a terminal; in colour where it shows colour. */
public final class TerminalReport {
    private static final List<IStyle> PLAIN = List.of();
    private static final List<IStyle> MUXPOOL = List.of(Style.bold, Style.fg_green);
    private static final List<IStyle> MISSED = List.of(Style.bold, Style.fg_red);
    private static final List<IStyle> FAINT = List.of(Style.faint);

    private TerminalReport() {}

    /** A scene: its title and story, a table for each of its charts, and its notes. */
    public static String of(SceneResult scene) {
        return of(scene, Ansi.AUTO);
    }

    static String of(SceneResult scene, Ansi ansi) {
        StringBuilder text = new StringBuilder();
        text.append(Grid.styled(scene.title(), List.of(Style.bold, Style.underline), ansi))
                .append('\n');
        text.append(scene.story()).append('\n');
        for (Chart chart : scene.charts()) {
            text.append('\n').append(title(chart)).append('\n').append(table(chart, ansi));
        }
        if (!scene.notes().isEmpty()) {
            text.append('\n');
        }
        scene.notes().forEach(note -> text.append("- ").append(note).append('\n'));
        return text.toString();
    }

    /** Each target with where it came out. */
    public static String targets(List<Target> targets) {
        return targets(targets, Ansi.AUTO);
    }

    static String targets(List<Target> targets, Ansi ansi) {
        Grid grid = new Grid(1, List.of("target", "value", "bound", ""));
        for (Target target : targets) {
            grid.row(
                    List.of(target.what(), Words.value(target), Words.bound(target), Words.verdict(target)),
                    target.met() ? PLAIN : MISSED);
        }
        return grid.text(ansi);
    }

    private static String title(Chart chart) {
        String whose = chart.series().size() == 1 ? chart.series().get(0).client() + "; " : "";
        return chart.title() + " (" + whose + Words.reading(chart) + ")";
    }

    private static String table(Chart chart, Ansi ansi) {
        Figures figures = Figures.of(chart);
        if (figures.groups().isEmpty()) {
            return "  nothing was measured\n";
        }
        if (chart.series().size() == 1) {
            return byPlace(chart, figures).text(ansi);
        }
        return Plot.isCurve(chart)
                ? medians(chart, figures).text(ansi)
                : byClient(chart, figures).text(ansi);
    }

    /** One client: a row for each place. */
    private static Grid byPlace(Chart chart, Figures figures) {
        List<String> head = new ArrayList<>(List.of(chart.axis().name()));
        head.addAll(columns(figures));
        Grid grid = new Grid(1, head);
        for (Group group : figures.groups()) {
            List<String> row = new ArrayList<>(List.of(group.label()));
            row.addAll(cells(figures, group.figures().get(0)));
            grid.row(row, PLAIN);
        }
        return grid;
    }

    /** Few places: at each of them a row for each client. */
    private static Grid byClient(Chart chart, Figures figures) {
        List<String> head = new ArrayList<>(List.of(chart.axis().name(), "client"));
        head.addAll(columns(figures));
        Grid grid = new Grid(2, head);
        for (Group group : figures.groups()) {
            String place = group.label();
            for (Figure figure : group.figures()) {
                List<String> row = new ArrayList<>(List.of(place, figure.name()));
                row.addAll(cells(figures, figure));
                grid.row(row, style(figure.series()));
                place = "";
            }
        }
        return grid;
    }

    /** Many places and clients: the medians alone, or it would be pages. The best at the last place comes first. */
    private static Grid medians(Chart chart, Figures figures) {
        List<String> head = new ArrayList<>(List.of(figures.once() ? "client" : "client (P50)"));
        figures.groups().forEach(group -> head.add(group.label()));
        Grid grid = new Grid(1, head);
        double last = chart.axis().places().get(chart.axis().places().size() - 1);
        List<Series> sorted = new ArrayList<>(chart.series());
        sorted.sort(Comparator.comparing(
                series -> series.at(last).map(Stats::p50).orElse(Double.NaN), Figures.best(chart.better())));
        for (Series series : sorted) {
            List<String> row = new ArrayList<>(List.of(Figures.name(series)));
            for (Group group : figures.groups()) {
                row.add(group.figures().stream()
                        .filter(figure -> figure.series().equals(series))
                        .map(figure -> Numbers.measured(figure.stats().p50()))
                        .findFirst()
                        .orElse(""));
            }
            grid.row(row, style(series));
        }
        return grid;
    }

    private static List<String> columns(Figures figures) {
        List<String> columns = new ArrayList<>(figures.once() ? List.of("value") : List.of("P50", "P90", "P99"));
        if (figures.compared()) {
            columns.add("x muxpool");
        }
        return columns;
    }

    private static List<String> cells(Figures figures, Figure figure) {
        Stats stats = figure.stats();
        List<String> cells = new ArrayList<>(List.of(Numbers.measured(stats.p50())));
        if (!figures.once()) {
            cells.add(figure.percentile(stats.p90()));
            cells.add(figure.percentile(stats.p99()));
        }
        if (figures.compared()) {
            cells.add(figure.times());
        }
        return cells;
    }

    private static List<IStyle> style(Series series) {
        return series.kind() == Kind.MUXPOOL ? MUXPOOL : series.kind() == Kind.LIMIT ? FAINT : PLAIN;
    }
}
