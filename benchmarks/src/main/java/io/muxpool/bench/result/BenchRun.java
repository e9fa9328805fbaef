package io.muxpool.bench.result;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** One run of the benchmark, as far as it went. */
public record BenchRun(
        Machine machine, Instant started, Duration took, List<SceneResult> scenes, List<Target> targets) {
    /** Copies that cannot change. */
    public BenchRun {
        scenes = List.copyOf(scenes);
        targets = List.copyOf(targets);
    }
}
