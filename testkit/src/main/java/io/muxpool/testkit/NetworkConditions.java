package io.muxpool.testkit;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The weather that all links of one proxy share. Thread-safe. */
final class NetworkConditions {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Direction toServer = new Direction();
    private final Direction toClient = new Direction();
    private boolean frozen;

    Direction toServer() {
        return toServer;
    }

    Direction toClient() {
        return toClient;
    }

    void freeze(boolean freeze) {
        lock.lock();
        try {
            frozen = freeze;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Blocks until the moment has come and the network is not frozen. */
    void awaitPassage(long dueNanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                long left = dueNanos - System.nanoTime();
                if (frozen) {
                    changed.await();
                } else if (left > 0) {
                    changed.awaitNanos(left);
                } else {
                    return;
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
