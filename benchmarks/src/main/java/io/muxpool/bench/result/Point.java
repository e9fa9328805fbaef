package io.muxpool.bench.result;

/**
 * What was measured at one place of a chart's axis.
 *
 * @param x the place: a round trip in ms, a size in bytes, a number of threads; its index where the axis has names
 */
public record Point(double x, Stats stats) {}
