package io.muxpool.fleet;

/**
 * How many hosts may fail before a run stops starting more. What runs then goes on to its end. A host has failed when its
 * outcome is anything but exit status 0. Immutable.
 */
public final class FailureLimit {
    private static final FailureLimit NONE = new FailureLimit(Integer.MAX_VALUE, false);

    private final int limit;
    private final boolean percent;

    private FailureLimit(int limit, boolean percent) {
        this.limit = limit;
        this.percent = percent;
    }

    /** Goes on whatever fails. */
    public static FailureLimit none() {
        return NONE;
    }

    /**
     * Stops as soon as so many hosts have failed; 1 is fail-fast.
     *
     * @throws IllegalArgumentException when less than 1
     */
    public static FailureLimit after(int hosts) {
        if (hosts < 1) {
            throw new IllegalArgumentException("the failures after which a run stops must be at least 1: " + hosts);
        }
        return new FailureLimit(hosts, false);
    }

    /**
     * Stops as soon as that share of all hosts of the run has failed.
     *
     * @param percent 1 to 100
     * @throws IllegalArgumentException when out of range
     */
    public static FailureLimit afterPercent(int percent) {
        if (percent < 1 || percent > 100) {
            throw new IllegalArgumentException(
                    "the percentage of failures after which a run stops must be 1 to 100: " + percent);
        }
        return new FailureLimit(percent, true);
    }

    /**
     * As people write it: {@code 3}, {@code 10%} or {@code none}.
     *
     * @throws IllegalArgumentException when it is none of these
     */
    public static FailureLimit parse(String text) {
        if (text.equals("none")) {
            return NONE;
        }
        Share share = Share.parse("a failure limit", text);
        return share.percent() ? afterPercent(share.number()) : after(share.number());
    }

    boolean isReached(int failed, int hosts) {
        return percent ? failed > 0 && 100L * failed >= (long) limit * hosts : failed >= limit;
    }

    @Override
    public String toString() {
        return limit == Integer.MAX_VALUE ? "none" : limit + (percent ? "%" : "");
    }
}
