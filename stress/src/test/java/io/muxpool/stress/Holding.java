package io.muxpool.stress;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What this JVM holds.
 *
 * @param heap bytes that can be reached
 */
record Holding(long heap, int threads, long descriptors) {
    /** What a heap may grow by: the buffers of a loop that has met its largest frame, and compiled code's constants. */
    private static final long NOISE = 4L << 20;

    /** Threads and descriptors that happen to be there. */
    private static final int FEW = 2;

    static Holding now() throws IOException {
        // What is only softly or finally reachable goes in more than one round.
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return new Holding(
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                    ManagementFactory.getThreadMXBean().getThreadCount(),
                    descriptors.count());
        }
    }

    boolean hasMoreHeapThan(Holding before) {
        return heap >= before.heap + NOISE;
    }

    /** What is more than it was, each a sentence. */
    List<String> growthSince(Holding before) {
        List<String> growth = new ArrayList<>();
        if (hasMoreHeapThan(before)) {
            growth.add("the heap grew from " + before + " to " + this);
        }
        if (threads > before.threads + FEW) {
            growth.add("threads grew from " + before + " to " + this);
        }
        if (descriptors > before.descriptors + FEW) {
            growth.add("descriptors grew from " + before + " to " + this);
        }
        return growth;
    }

    @Override
    public String toString() {
        return String.format("heap %.1f MB, %d threads, %d descriptors", heap / 1e6, threads, descriptors);
    }
}
