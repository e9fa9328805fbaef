package io.muxpool.stress.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a client could leave of an encounter in this JVM. */
final class Leftovers {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private Leftovers() {}

    static int threads() {
        return ManagementFactory.getThreadMXBean().getThreadCount();
    }

    /** What is in use when the garbage is gone. */
    static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** The open sockets and pipes, each by a number of its own; none where they cannot be seen. */
    static Set<String> descriptors() {
        if (!Files.isDirectory(DESCRIPTORS)) {
            return Set.of();
        }
        try (Stream<Path> entries = Files.list(DESCRIPTORS)) {
            return entries.map(Leftovers::target)
                    .filter(target -> target.startsWith("socket:") || target.startsWith("pipe:"))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path entry) {
        try {
            return Files.readSymbolicLink(entry).toString();
        } catch (IOException e) {
            // Closed since it was listed, as that of the listing itself.
            return "";
        }
    }
}
