package io.muxpool.testkit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Polling, for what has no event to wait on: other processes, and files they write. */
final class Await {

    private Await() {}

    /**
     * Polls until the condition holds, the time is up, or the thread is interrupted (the flag stays set).
     *
     * @return what the condition said last
     */
    static boolean until(Duration atMost, Duration poll, BooleanSupplier condition) {
        long start = System.nanoTime();
        boolean holds = condition.getAsBoolean();
        while (!holds
                && System.nanoTime() - start < atMost.toNanos()
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(poll.toNanos());
            holds = condition.getAsBoolean();
        }
        return holds;
    }

    static boolean until(Duration atMost, BooleanSupplier condition) {
        return until(atMost, Duration.ofMillis(2), condition);
    }

    /**
     * Waits for a child of ours; a child that outlives the time is killed.
     *
     * @return the exit value, or -1 if it had to be killed
     */
    static int exitOf(Process process, Duration atMost) {
        try {
            if (process.waitFor(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        return -1;
    }
}
