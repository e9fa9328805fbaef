package io.muxpool.cli.demo;

import io.muxpool.CommandResult;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** The latencies of one line of the demo. Thread-safe. */
final class Measured {
    private final String name;
    private final String meaning;
    // Three significant digits of microseconds, up to an hour.
    private final Histogram micros = new ConcurrentHistogram(TimeUnit.HOURS.toMicros(1), 3);

    Measured(String name, String meaning) {
        this.name = name;
        this.meaning = meaning;
    }

    /** Times one command, which must have succeeded. */
    CommandResult time(Supplier<CommandResult> command) {
        long start = System.nanoTime();
        CommandResult result = command.get().check();
        record(Duration.ofNanos(System.nanoTime() - start));
        return result;
    }

    void record(Duration latency) {
        micros.recordValue(Math.max(1, latency.toNanos() / 1_000));
    }

    String name() {
        return name;
    }

    String meaning() {
        return meaning;
    }

    long count() {
        return micros.getTotalCount();
    }

    /** The latency that {@code percent} of the commands did not exceed, in milliseconds. */
    double millis(double percent) {
        return micros.getValueAtPercentile(percent) / 1_000.0;
    }
}
