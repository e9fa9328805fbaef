package io.muxpool.internal.pool;

import io.muxpool.internal.stream.Pumps;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Connections that a pool shuts down while it goes on. A master that hangs takes its time over that: 2 s for answers under
 * way, and up to 10 s until it is given up. Nobody who has a deadline shall wait for it; closing the pool does. Thread-safe.
 */
final class Departures {
    private static final Logger LOG = System.getLogger("io.muxpool.pool");

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition none = lock.newCondition();
    // Guarded by lock.
    private int underWay;

    /** One is to be begun: from now on {@link #await} waits for it. */
    void announce() {
        add(1);
    }

    /**
     * Begins one that was announced, and does not wait; its failure is logged.
     *
     * @param what is shut down, for the log
     */
    void begin(String what, Runnable departure) {
        Runnable guarded = () -> {
            try {
                departure.run();
            } catch (RuntimeException e) {
                LOG.log(Level.WARNING, "shutting down the " + what + " failed", e);
            } finally {
                add(-1);
            }
        };
        Pumps.startSoon(guarded);
    }

    private void add(int change) {
        lock.lock();
        try {
            underWay += change;
            if (underWay == 0) {
                none.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until none is under way, whatever the interrupt flag says. */
    void await() {
        lock.lock();
        try {
            while (underWay > 0) {
                none.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
