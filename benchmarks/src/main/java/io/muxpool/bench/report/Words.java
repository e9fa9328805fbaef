package io.muxpool.bench.report;

import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.Chart.Better;
import io.muxpool.bench.result.Target;
import io.muxpool.bench.result.Target.Bound;

/** What the reports say in the same words. */
final class Words {
    private Words() {}

    /** As in {@code ms, lower is better}. */
    static String reading(Chart chart) {
        String better = chart.better() == Better.LOWER ? "lower is better" : "higher is better";
        return chart.unit().isEmpty() ? better : chart.unit() + ", " + better;
    }

    static String value(Target target) {
        return Numbers.with(target.unit(), Numbers.measured(target.value()));
    }

    /** As in {@code at most 1.1x}. */
    static String bound(Target target) {
        String side = target.bound() == Bound.AT_MOST ? "at most " : "at least ";
        return side + Numbers.with(target.unit(), Numbers.chosen(target.limit()));
    }

    static String verdict(Target target) {
        return target.met() ? "met" : "missed";
    }
}
