package io.muxpool.bench.scene;

/** How much is measured: the figures are the same, and the more of them the steadier. */
public enum Effort {
    /** Seconds for each scene: to see that it works, and an order of magnitude. */
    QUICK,
    /** A few minutes in all. */
    NORMAL,
    /** Half an hour: for figures to be published. */
    FULL;

    /** One of three. */
    public int of(int quick, int normal, int full) {
        return switch (this) {
            case QUICK -> quick;
            case NORMAL -> normal;
            case FULL -> full;
        };
    }
}
