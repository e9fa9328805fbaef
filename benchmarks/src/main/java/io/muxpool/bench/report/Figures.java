package io.muxpool.bench.report;

import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.Chart.Better;
import io.muxpool.bench.result.Series;
import io.muxpool.bench.result.Series.Kind;
import io.muxpool.bench.result.Stats;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A chart's figures as they are shown everywhere: place by place, at each the best client first. A place where nothing
 * was measured is left out.
 *
 * @param once whether every figure is of one measurement, so that its percentiles say nothing
 * @param compared whether there is a muxpool to compare another with
 */
record Figures(List<Group> groups, boolean once, boolean compared) {

    /**
     * What was measured at one place.
     *
     * @param label as in {@code 20 ms}
     * @param head as in {@code round trip: 20 ms}
     */
    record Group(String label, String head, List<Figure> figures) {
        /** How far the longest bar goes. */
        double reach() {
            return figures.stream()
                    .filter(Figure::drawable)
                    .mapToDouble(Figure::reach)
                    .max()
                    .orElse(0);
        }
    }

    /**
     * What one client came to at one place.
     *
     * @param series which of the chart's it is
     * @param ratio to muxpool at the same place, or NaN
     */
    record Figure(Series series, Stats stats, double ratio) {
        /** A limit is said to be one, so that nobody takes it for a client. */
        String name() {
            return Figures.name(series);
        }

        /** Not the percentiles of a single measurement: they would pass for more than it. */
        String percentile(double value) {
            return stats.count() == 1 ? "" : Numbers.measured(value);
        }

        String times() {
            return Double.isNaN(ratio) ? "" : Numbers.measured(ratio);
        }

        /** The end of the whisker. */
        double reach() {
            return Double.isFinite(stats.p90()) ? Math.max(stats.p50(), stats.p90()) : stats.p50();
        }

        boolean drawable() {
            return Double.isFinite(stats.p50());
        }
    }

    static Figures of(Chart chart) {
        List<Group> groups = new ArrayList<>();
        for (int i = 0; i < chart.axis().places().size(); i++) {
            List<Figure> figures = at(chart, chart.axis().places().get(i));
            if (!figures.isEmpty()) {
                groups.add(new Group(Places.label(chart.axis(), i), Places.head(chart.axis(), i), figures));
            }
        }
        boolean once = chart.series().stream()
                .flatMap(series -> series.points().stream())
                .allMatch(point -> point.stats().count() == 1);
        return new Figures(
                groups, once, chart.muxpool().isPresent() && chart.series().size() > 1);
    }

    static String name(Series series) {
        return series.kind() == Kind.LIMIT ? series.client() + " (limit)" : series.client();
    }

    /** The better median first; what is no number last. */
    static Comparator<Double> best(Better better) {
        Comparator<Double> byValue = better == Better.LOWER ? Comparator.naturalOrder() : Comparator.reverseOrder();
        return Comparator.comparing((Double value) -> !Double.isFinite(value)).thenComparing(byValue);
    }

    private static List<Figure> at(Chart chart, double place) {
        double muxpool = chart.muxpool()
                .flatMap(series -> series.at(place))
                .map(Stats::p50)
                .orElse(Double.NaN);
        List<Figure> figures = new ArrayList<>();
        for (Series series : chart.series()) {
            Optional<Stats> stats = series.at(place);
            stats.ifPresent(here -> figures.add(new Figure(series, here, ratio(here.p50(), muxpool))));
        }
        figures.sort(Comparator.comparing(figure -> figure.stats().p50(), best(chart.better())));
        return figures;
    }

    private static double ratio(double value, double muxpool) {
        double ratio = value / muxpool;
        return muxpool > 0 && Double.isFinite(ratio) ? ratio : Double.NaN;
    }
}
