package io.muxpool.internal.stream;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that move bytes between children and their commands. A blocked read of a pipe cannot be interrupted, so
 * the thread that waits for a command, and can be, is never the one that reads. Daemons, kept for ten idle seconds.
 */
public final class Pumps {
    /** Bytes moved at a time. */
    public static final int BUFFER = 32 * 1024;

    private static final Logger LOG = System.getLogger("io.muxpool.command");
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final Executor EXECUTOR =
            new ThreadPoolExecutor(0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), Pumps::thread);

    // Work that no thread could be started for.
    private static final Queue<Runnable> BEHIND = new ConcurrentLinkedQueue<>();

    private Pumps() {}

    /**
     * Runs a pump in a thread of its own.
     *
     * @throws OutOfMemoryError when no thread can be started, as under a limit of processes; nothing of it has run then
     */
    public static void start(Runnable pump) {
        EXECUTOR.execute(() -> {
            try {
                pump.run();
            } finally {
                catchUp();
            }
        });
    }

    /**
     * Runs work that must not be lost in a thread of its own, soon: when no thread can be started now, as soon as one can
     * be or one of the others is done with its own.
     */
    public static void startSoon(Runnable work) {
        try {
            start(work);
        } catch (OutOfMemoryError e) {
            LOG.log(Level.WARNING, "no thread can be started ({0}): some work waits for one", e.getMessage());
            BEHIND.add(work);
        }
    }

    /** Whether there is work that no thread could be started for. */
    public static boolean areBehind() {
        return !BEHIND.isEmpty();
    }

    /** Tries again to start a thread for the work that waits for one. Never blocks. */
    public static void retry() {
        if (areBehind()) {
            try {
                start(Pumps::catchUp);
            } catch (OutOfMemoryError e) {
                LOG.log(Level.TRACE, "still no thread can be started", e);
            }
        }
    }

    private static void catchUp() {
        for (Runnable work; (work = BEHIND.poll()) != null; ) {
            try {
                work.run();
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "work that waited for a thread failed", e);
            }
        }
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "muxpool-pump-" + NUMBER.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }
}
