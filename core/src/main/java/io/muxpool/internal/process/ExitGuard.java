package io.muxpool.internal.process;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What must not be left behind when the JVM ends while its threads are still at work: the private logs of ssh processes,
 * and the ssh processes of commands that are being killed.
 */
public final class ExitGuard {
    /** As long as the JVM's end is held back at most, for kills under way. */
    private static final long PATIENCE_MILLIS = 2000;

    private static final Set<Path> LOGS = ConcurrentHashMap.newKeySet();
    private static final Set<Ending> ENDINGS = ConcurrentHashMap.newKeySet();
    private static final Set<Process> HELPERS = ConcurrentHashMap.newKeySet();

    /** As long as sweeps under way are waited for: what they look for would live on. They end by themselves before that. */
    private static final long SWEEP_MILLIS = 10_000;

    private static final long LOOK_MILLIS = 10;

    static {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(ExitGuard::end, "muxpool-exit-ssh"));
        } catch (IllegalStateException e) {
            // The JVM is ending already: what starts now is on its own.
            LOGS.clear();
        }
    }

    private ExitGuard() {}

    /** An ssh process and the end of its job, which kills it. */
    public interface Ending {
        /** Starts the kill if the job has ended; returns null when it has not. */
        @Nullable CompletableFuture<?> ending();

        /** Kills the process at once. */
        void abandon();
    }

    static void watch(Path log) {
        LOGS.add(log);
    }

    static void release(Path log) {
        LOGS.remove(log);
    }

    /** Watches over a process until {@link #release(Ending)}. */
    public static void watch(Ending ending) {
        ENDINGS.add(ending);
    }

    /** The process has ended. */
    public static void release(Ending ending) {
        ENDINGS.remove(ending);
    }

    /**
     * Watches over a process that is of use to nobody once the JVM has ended. One that begins when the JVM is ending already
     * ends with its input.
     */
    public static void watch(Process helper) {
        HELPERS.add(helper);
    }

    /** The helper has ended. */
    public static void release(Process helper) {
        HELPERS.remove(helper);
    }

    private static void end() {
        long start = System.nanoTime();
        for (Ending ending : ENDINGS) {
            CompletableFuture<?> under = ending.ending();
            if (under != null) {
                long left = TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS) - (System.nanoTime() - start);
                boolean done = under.handle((value, failure) -> true)
                        .completeOnTimeout(false, Math.max(1, left), TimeUnit.NANOSECONDS)
                        .join();
                if (!done) {
                    ending.abandon();
                }
            }
        }
        awaitHelpers();
        HELPERS.forEach(Process::destroyForcibly);
        LOGS.forEach(log -> log.toFile().delete());
    }

    private static void awaitHelpers() {
        long start = System.nanoTime();
        try {
            while (!HELPERS.isEmpty() && System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(SWEEP_MILLIS)) {
                Thread.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
