package io.muxpool.cli.demo;

import io.muxpool.CommandResult;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** The latencies of one line of the demo. Thread-safe. */
final class Measured {
    // nanoTime has no meaning of its own, and may be negative: what is kept is the time since this.
    private static final long ORIGIN = System.nanoTime();

    private final String name;
    private final String meaning;
    // Three significant digits of microseconds, up to an hour.
    private final Histogram micros = new ConcurrentHistogram(TimeUnit.HOURS.toMicros(1), 3);

    private final AtomicLong firstStart = new AtomicLong(Long.MAX_VALUE);
    private final AtomicLong lastEnd = new AtomicLong(Long.MIN_VALUE);

    Measured(String name, String meaning) {
        this.name = name;
        this.meaning = meaning;
    }

    /** Times one command, which must have succeeded. */
    CommandResult time(Supplier<CommandResult> command) {
        long start = System.nanoTime() - ORIGIN;
        CommandResult result = command.get().check();
        long end = System.nanoTime() - ORIGIN;
        micros.recordValue(Math.max(1, (end - start) / 1_000));
        firstStart.accumulateAndGet(start, Math::min);
        lastEnd.accumulateAndGet(end, Math::max);
        return result;
    }

    /** Commands per second of wall time, from the first start to the last end. */
    double perSecond() {
        return count() / ((lastEnd.get() - firstStart.get()) / 1e9);
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
