package io.muxpool.fleet;

import java.util.ArrayList;
import java.util.List;

/**
 * In which batches the hosts of a run have their turn. A batch begins when the one before has ended on every host and the
 * {@link FailureLimit} is not reached. Immutable.
 */
public final class Rollout {
    private static final Rollout AT_ONCE = new Rollout(List.of());

    private final List<Share> sizes;

    private Rollout(List<Share> sizes) {
        this.sizes = List.copyOf(sizes);
    }

    /** No batches: as many as may run at a time, the next one as soon as one has ended. */
    public static Rollout atOnce() {
        return AT_ONCE;
    }

    /**
     * Batches of these sizes, each a number of hosts or a percentage of all of them; the last size again and again, until
     * every host had its turn. {@code "1", "10%", "100%"} is one canary, then a tenth, then the rest; {@code "10%"} alone
     * is a window that rolls over the fleet.
     *
     * @throws IllegalArgumentException when there is none, or one is not of that form
     */
    public static Rollout batches(String... sizes) {
        if (sizes.length == 0) {
            throw new IllegalArgumentException("a rollout in batches needs the size of at least one");
        }
        List<Share> shares = new ArrayList<>();
        for (String size : sizes) {
            shares.add(Share.parse("the size of a batch", size));
        }
        return new Rollout(shares);
    }

    /** As people write it: sizes with commas between. */
    public static Rollout parse(String text) {
        return batches(text.split(",", -1));
    }

    boolean isAtOnce() {
        return sizes.isEmpty();
    }

    /** How many hosts batch number {@code index} has, the first being 0. */
    int size(int index, int hosts) {
        return sizes.isEmpty()
                ? hosts
                : sizes.get(Math.min(index, sizes.size() - 1)).of(hosts);
    }

    @Override
    public String toString() {
        return sizes.isEmpty()
                ? "at once"
                : String.join(",", sizes.stream().map(Share::toString).toList());
    }
}
