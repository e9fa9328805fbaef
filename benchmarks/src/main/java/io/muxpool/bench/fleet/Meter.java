package io.muxpool.bench.fleet;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * What a run costs this machine: time, processor time of all but this process, which is the servers, and memory. ssh masters
 * are nobody's children, so the whole machine is measured; it has to be quiet.
 */
final class Meter implements AutoCloseable {
    private static final long TICKS_PER_SECOND = 100;
    private static final long EVERY_MILLIS = 50;

    private final long start = System.nanoTime();
    private final long ticks = busyTicks();
    private final long own = ownNanos();
    private final long available = availableKilobytes();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();
    private volatile long least = available;

    /**
     * One run's cost.
     *
     * @param seconds of the clock
     * @param processor seconds of all processors together, without those of the servers
     * @param megabytes by which the machine's available memory went down at most
     */
    record Cost(double seconds, double processor, double megabytes) {}

    Meter() {
        watch.scheduleAtFixedRate(
                () -> least = Math.min(least, availableKilobytes()), EVERY_MILLIS, EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    Cost read() {
        double seconds = (System.nanoTime() - start) / 1e9;
        double busy = (busyTicks() - ticks) / (double) TICKS_PER_SECOND;
        return new Cost(seconds, busy - (ownNanos() - own) / 1e9, (available - least) / 1024.0);
    }

    private static long ownNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** User, nice, system, irq and softirq time of all processors (proc(5)). */
    private static long busyTicks() {
        String[] words = lines(Path.of("/proc/stat"))[0].split(" +", -1);
        return Long.parseLong(words[1])
                + Long.parseLong(words[2])
                + Long.parseLong(words[3])
                + Long.parseLong(words[6])
                + Long.parseLong(words[7]);
    }

    private static long availableKilobytes() {
        for (String line : lines(Path.of("/proc/meminfo"))) {
            if (line.startsWith("MemAvailable:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IllegalStateException("/proc/meminfo says nothing of available memory");
    }

    private static String[] lines(Path file) {
        try {
            return Files.readString(file).split("\n", -1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        watch.shutdownNow();
    }
}
