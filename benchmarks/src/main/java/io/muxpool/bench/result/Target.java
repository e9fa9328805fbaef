package io.muxpool.bench.result;

/**
 * A bound that muxpool set itself, and where it came out.
 *
 * @param what as in {@code latency at RTT 0, beside the fastest Java peer}
 * @param value the measured ratio, or the figure itself where there is nothing to compare with
 * @param unit of the value: {@code x} for a ratio
 */
public record Target(String what, double value, Bound bound, double limit, String unit) {

    /** Which side of the limit is good. */
    public enum Bound {
        AT_MOST,
        AT_LEAST
    }

    /** Whether it was reached. */
    public boolean met() {
        return bound == Bound.AT_MOST ? value <= limit : value >= limit;
    }
}
