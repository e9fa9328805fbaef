package io.muxpool.cli;

import io.muxpool.Job;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Cancels a job when this process is told to end (SIGTERM, SIGHUP, Ctrl-C), and holds the end back until the job's
 * processes are gone and it is known what became of them: otherwise they would be orphaned.
 */
final class Shutdown implements AutoCloseable {
    /**
     * The grace of a kill, 2 s, and what its answers may take: the server's, at most 3 s, and those of a sweep, at most 5 s.
     */
    private static final long PATIENCE_MILLIS = 10_000;

    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook;

    private Shutdown(Runnable first, long patienceMillis) {
        hook = new Thread(
                () -> {
                    first.run();
                    try {
                        done.await(patienceMillis, TimeUnit.MILLISECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "muxpool-shutdown");
    }

    static Shutdown cancels(Job job) {
        return does(job::cancel, PATIENCE_MILLIS);
    }

    /**
     * @param first done when the shutdown begins; must not block
     * @param patienceMillis how long the end is held back at most
     */
    static Shutdown does(Runnable first, long patienceMillis) {
        Shutdown shutdown = new Shutdown(first, patienceMillis);
        Runtime.getRuntime().addShutdownHook(shutdown.hook);
        return shutdown;
    }

    @Override
    public void close() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The shutdown has begun: the hook has been let go by the latch.
            return;
        }
    }
}
