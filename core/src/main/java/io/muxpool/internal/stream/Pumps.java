package io.muxpool.internal.stream;

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

    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final Executor EXECUTOR =
            new ThreadPoolExecutor(0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), Pumps::thread);

    private Pumps() {}

    /** Runs a pump in a thread of its own. */
    public static void start(Runnable pump) {
        EXECUTOR.execute(pump);
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "muxpool-pump-" + NUMBER.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }
}
