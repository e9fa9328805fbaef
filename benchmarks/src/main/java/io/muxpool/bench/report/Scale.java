package io.muxpool.bench.report;

/**
 * Where values come to lie in a picture. A value outside of it lies at its edge, so that nothing is drawn outside.
 *
 * @param from the value at {@code start}
 * @param to the value at {@code end}, greater
 * @param logarithmic whether equal ratios are equally wide; then both values are positive
 */
record Scale(double from, double to, double start, double end, boolean logarithmic) {

    double at(double value) {
        double share = logarithmic
                ? (Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from))
                : (value - from) / (to - from);
        return start + (end - start) * Math.max(0, Math.min(1, share));
    }
}
