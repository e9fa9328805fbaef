package io.muxpool.bench.scene;

import io.muxpool.bench.peer.Client;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import java.util.List;
import java.util.Objects;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** What the pool itself costs: a slot taken and given back, measured by JMH. */
final class CheckoutScene implements Scene {
    private static final int[] THREADS = {1, 8, 32};

    @Override
    public String id() {
        return "checkout";
    }

    @Override
    public String title() {
        return "taking a slot of the pool and giving it back, in ns and bytes (JMH)";
    }

    @Override
    public SceneResult run(Stage stage) throws Exception {
        Sheet nanos = new Sheet();
        Sheet bytes = new Sheet();
        // A lock file of its own would forbid two benchmarks on one machine.
        System.setProperty("jmh.ignoreLock", "true");
        for (int threads : THREADS) {
            stage.step("checkout, " + threads + " threads");
            for (RunResult result : new Runner(options(stage.effort(), threads)).run()) {
                result.getAggregatedResult().getIterationResults().forEach(iteration -> {
                    note(nanos, threads, 1e9 / iteration.getPrimaryResult().getScore());
                    note(
                            bytes,
                            threads,
                            Objects.requireNonNull(
                                            iteration.getSecondaryResults().get("gc.alloc.rate.norm"))
                                    .getScore());
                });
            }
        }
        Chart.Axis axis = Chart.Axis.of("threads", "", 1, 8, 32);
        return new SceneResult(
                id(),
                "Checkout and return",
                "`pool.connection()` and `close()` over and over, without a command between; JMH in a JVM of its own.",
                List.of(
                        new Chart(
                                "checkout",
                                "Time for each, of all threads together",
                                "ns",
                                Chart.Better.LOWER,
                                axis,
                                nanos.series()),
                        new Chart(
                                "checkout-bytes",
                                "Allocated for each",
                                "bytes",
                                Chart.Better.LOWER,
                                axis,
                                bytes.series())),
                List.of(
                        "With more threads than one, all fight for the pool's one lock, which no real load comes near."));
    }

    private static void note(Sheet sheet, int threads, double value) {
        sheet.note(Client.MUXPOOL.title(), Client.MUXPOOL.kind(), threads, value);
    }

    private static Options options(Effort effort, int threads) {
        return new OptionsBuilder()
                .include(PoolBenchmark.class.getName())
                .threads(threads)
                .forks(1)
                .warmupIterations(effort.of(1, 3, 5))
                .warmupTime(TimeValue.seconds(1))
                .measurementIterations(effort.of(2, 5, 10))
                .measurementTime(TimeValue.seconds(1))
                .addProfiler(GCProfiler.class)
                .verbosity(VerboseMode.SILENT)
                .build();
    }
}
