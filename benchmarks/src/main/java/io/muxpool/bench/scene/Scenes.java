package io.muxpool.bench.scene;

import java.util.List;

/** All scenes, in the order in which they play. */
public final class Scenes {
    private Scenes() {}

    /** New ones. */
    public static List<Scene> all() {
        return List.of(
                new LatencyScene(),
                new BurstScene(),
                new RateScene(),
                new BulkScene(),
                new CopyScene(),
                new FreshScene(),
                new BurnScene(),
                new ScaleScene(),
                new CheckoutScene());
    }
}
