package io.muxpool.internal.unix;

import java.io.IOException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The limits of this process that a failure may have come from: open files (ulimit -n), threads and processes (-u). */
public final class OwnLimits {
    private static final String FILES_OF_PROCESS = OpenFiles.NONE_LEFT;

    // ENFILE.
    private static final String FILES_OF_SYSTEM = "Too many open files in system";

    private static final String BAD_FILE = "Bad file descriptor";

    /** What a start needs. */
    private static final int ENOUGH = 10;

    // EAGAIN of a fork.
    private static final String PROCESSES = "error=11, ";

    private OwnLimits() {}

    /** Reads the limits now, so that they are known when there is no descriptor left to read them with. */
    public static void learn() {
        OpenFiles.limit();
    }

    /** Says that a failure came from one of the limits, and from which, as a clause; null when it came from none. */
    public static @Nullable String reached(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String said = String.valueOf(cause.getMessage());
            if (said.contains(FILES_OF_SYSTEM)) {
                return "this machine can have no more open files";
            }
            // The JDK starts a program with a descriptor that it could not have (EBADF).
            if (said.contains(FILES_OF_PROCESS) || (said.contains("Cannot run program") && said.contains(BAD_FILE))) {
                return filesOfProcess();
            }
            if ((cause instanceof IOException && said.contains(PROCESSES))
                    || (cause instanceof OutOfMemoryError && said.contains("native thread"))) {
                return "no more threads or processes can be started (ulimit -u, or the memory for them)";
            }
        }
        return null;
    }

    private static String filesOfProcess() {
        OptionalLong limit = OpenFiles.limit();
        return "this process has as many open files as it may"
                + (limit.isPresent() ? ": " + limit.getAsLong() + " (ulimit -n)" : " (ulimit -n)");
    }

    /**
     * Like {@link #reached}; and when the failure does not say so, looks whether this process could open a few more files
     * now. A program that was started without descriptors to give it fails in ways that nobody can list.
     */
    public static @Nullable String reachedOrNear(Throwable failure) {
        String limit = reached(failure);
        return limit != null || OpenFiles.free() >= ENOUGH ? limit : filesOfProcess();
    }
}
