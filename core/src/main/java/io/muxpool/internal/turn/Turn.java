package io.muxpool.internal.turn;

import io.muxpool.Job;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A mutex for what takes long: one at a time, and the others wait no longer than their jobs. {@link
 * ReentrantLock#tryLock(long, java.util.concurrent.TimeUnit)} would heed a deadline and an interrupt, but not a cancel.
 *
 * <p>Not reentrant. The lock inside is held for moments only.
 */
public final class Turn {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition free = lock.newCondition();
    private boolean taken;

    /**
     * Waits for the turn and takes it. Whoever has it must {@link #end} it.
     *
     * @param doing as in {@link Job#check(String)}
     * @throws io.muxpool.JobException when the job ends first; the turn is not taken then
     */
    public void take(Job job, String doing) {
        job.check(doing);
        if (takeIfFree()) {
            return;
        }
        // Locks are taken in the order turn, job: the cancel action is run without the job's lock.
        try (Job.Registration registration = job.onCancel(this::wakeAll)) {
            lock.lock();
            try {
                while (taken) {
                    job.check(doing);
                    free.awaitNanos(job.remainingNanos());
                }
                taken = true;
            } finally {
                lock.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            // The turn may just have been given to us: pass it on, since we throw.
            wakeAll();
            job.check(doing);
        }
    }

    /** The usual case, in which there is nobody to be woken by a cancel. */
    private boolean takeIfFree() {
        lock.lock();
        try {
            boolean wasFree = !taken;
            taken = true;
            return wasFree;
        } finally {
            lock.unlock();
        }
    }

    /** Gives the turn to whoever waits. */
    public void end() {
        lock.lock();
        try {
            taken = false;
            free.signal();
        } finally {
            lock.unlock();
        }
    }

    private void wakeAll() {
        lock.lock();
        try {
            free.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
