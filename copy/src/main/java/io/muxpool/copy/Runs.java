package io.muxpool.copy;

import java.util.BitSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A file in runs of one length, and which of them have arrived. Lanes take them in order, and one after another: a server
 * that reads ahead in a file finds each lane reading on. Thread-safe.
 */
final class Runs {
    static final int LENGTH = 1024 * 1024;

    /** A stretch of the file, in bytes. */
    record Run(long offset, int length) {
        long end() {
            return offset + length;
        }
    }

    private final long size;
    private final int count;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moved = lock.newCondition();
    // All guarded by lock.
    private final BitSet arrived;
    private int next;
    private boolean stopped;

    Runs(long size) {
        this.size = size;
        this.count = Math.toIntExact((size + LENGTH - 1) / LENGTH);
        this.arrived = new BitSet(count);
    }

    /** Takes runs for arrived before the first is handed out: they are there already, and right. */
    void haveFrom(long offset, long end) {
        lock.lock();
        try {
            arrived.set((int) (offset / LENGTH), (int) ((end + LENGTH - 1) / LENGTH));
        } finally {
            lock.unlock();
        }
    }

    /** The next run to be carried; null when none is left, or nobody wants them any more. */
    @Nullable Run take() {
        lock.lock();
        try {
            next = arrived.nextClearBit(next);
            if (stopped || next >= count) {
                return null;
            }
            return run(next++);
        } finally {
            lock.unlock();
        }
    }

    private Run run(int index) {
        long offset = (long) index * LENGTH;
        return new Run(offset, (int) Math.min(LENGTH, size - offset));
    }

    void arrived(Run run) {
        lock.lock();
        try {
            arrived.set((int) (run.offset / LENGTH));
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Bytes of the runs that have arrived. */
    long bytes() {
        lock.lock();
        try {
            long full = (long) arrived.cardinality() * LENGTH;
            return count > 0 && arrived.get(count - 1) ? full - LENGTH + run(count - 1).length : full;
        } finally {
            lock.unlock();
        }
    }

    boolean haveAll() {
        lock.lock();
        try {
            return arrived.cardinality() == count;
        } finally {
            lock.unlock();
        }
    }

    /** Hands out no more, and lets go who waits. */
    void stop() {
        lock.lock();
        try {
            stopped = true;
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until everything from the file's begin to behind that place has arrived.
     *
     * @return how far everything has; no farther than {@code place} when the copy was stopped
     */
    long awaitBeyond(long place) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                long front = Math.min(size, (long) arrived.nextClearBit(0) * LENGTH);
                if (front > place || stopped) {
                    return front;
                }
                moved.await();
            }
        } finally {
            lock.unlock();
        }
    }
}
