package io.muxpool.internal.unix;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** How many files this process has open, and how many it may have (ulimit -n). Known on Linux only. */
public final class OpenFiles {
    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final File OPEN = new File("/proc/self/fd");
    private static final String LIMIT = "Max open files";

    // EMFILE, in the words of the C library. Java adds the path or the call in front, or a number behind.
    static final String NONE_LEFT = "Too many open files";

    // Read once there is a descriptor to read it with.
    private static volatile @Nullable Long limit;

    // What cannot be found out here is not asked for again.
    private static volatile boolean unknown;

    private OpenFiles() {}

    /** How many this process may have; empty where that is not known. */
    static OptionalLong limit() {
        Long known = limit;
        return known == null ? read() : OptionalLong.of(known);
    }

    private static OptionalLong read() {
        if (unknown) {
            return OptionalLong.empty();
        }
        try {
            for (String line : Files.readAllLines(LIMITS)) {
                if (line.startsWith(LIMIT)) {
                    String soft = line.substring(LIMIT.length()).strip().split(" +", 2)[0];
                    limit = Long.parseLong(soft);
                    return OptionalLong.of(limit);
                }
            }
            unknown = true;
        } catch (IOException e) {
            unknown = !String.valueOf(e.getMessage()).contains(NONE_LEFT);
        } catch (NumberFormatException e) {
            // There is no limit.
            unknown = true;
        }
        return OptionalLong.empty();
    }

    /** How many more this process may open now; a very large number where that is not known. */
    public static long free() {
        OptionalLong most = limit();
        if (most.isEmpty()) {
            return unknown ? Long.MAX_VALUE : 0;
        }
        String[] open = OPEN.list();
        // One of those that are listed is the list's own.
        return open == null ? 0 : Math.max(0, most.getAsLong() - (open.length - 1));
    }

    /** The failure of whoever would have to open more files than this process may. */
    public static IOException noneLeft(long free, int needed) {
        return new IOException(NONE_LEFT + ": a start needs " + needed + ", and " + free + " are left");
    }
}
