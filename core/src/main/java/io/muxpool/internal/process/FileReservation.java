package io.muxpool.internal.process;

import io.muxpool.Job;
import io.muxpool.NotStartedException;
import io.muxpool.internal.unix.OpenFiles;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Open files that a start is about to need, set aside before it begins. Near the limit of this process (ulimit -n) a start
 * waits here until others have made theirs; where nobody else is about to, and too few are left, it fails before it has
 * done anything.
 *
 * <p>A start must not run out of them half way. When the JDK cannot have a pipe for a new process, it closes numbers of
 * descriptors that it never opened, among them sockets and files of other threads, and leaves a pipe open for ever
 * (ProcessImpl_md.c: {@code childenv} of a structure that is not filled in yet; JDK 17.0.15 and 25.0.3).
 *
 * <p>A thread that has a reservation needs no second one: what it starts is counted already. So that no two threads wait
 * for each other, a turn that a thread with a reservation may wait for is taken by such threads only.
 */
public final class FileReservation implements AutoCloseable {
    /** A lock file, a log, three redirects, the pipes to an ssh, and later a question to the master. */
    private static final int CONNECTION = 12;

    /** Three pipes for its streams and two of the JDK's own. */
    private static final int PROCESS = 10;

    /** Never given away: for what is opened for moments, and by others. */
    private static final int MARGIN = 16;

    /** How many must be free for a start. */
    public static final int NEEDED = CONNECTION + MARGIN;

    /** With so many left nobody looks at each start. */
    private static final int AMPLE = 512;

    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Files are also closed by others, who tell nobody. */
    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private static final long JUST_SEEN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final ReentrantLock LOCK = new ReentrantLock();
    private static final Condition CHANGED = LOCK.newCondition();
    // All guarded by LOCK.
    private static int reserved;
    private static long seenFree;
    private static long seenAt = System.nanoTime() - FRESH_NANOS;
    private static long promisedSince;

    private static final ThreadLocal<FileReservation> OWN = new ThreadLocal<>();

    private static final FileReservation COUNTED_ALREADY = new FileReservation(0);

    private final int files;

    private FileReservation(int files) {
        this.files = files;
    }

    /**
     * For the choice of a transport, a lease, or a connection to a master. Closed by the thread that made it.
     *
     * @throws NotStartedException when too few are left, and no other start is about to give some back
     * @throws io.muxpool.JobException when the job ends first
     */
    public static FileReservation forConnection(Job job) {
        try {
            return reserve(CONNECTION, job, "waiting for open files to make a connection with");
        } catch (IOException e) {
            throw new NotStartedException("no connection was begun: " + e.getMessage(), true, e);
        }
    }

    /**
     * For the start of a process, as {@link #forConnection}.
     *
     * @throws IOException when too few are left
     */
    static FileReservation forProcess(Job job) throws IOException {
        return reserve(PROCESS, job, "waiting for open files to start a process with");
    }

    /** For the start of a process, now or not at all. */
    static FileReservation forProcessNow() throws IOException {
        if (OWN.get() != null) {
            return COUNTED_ALREADY;
        }
        LOCK.lock();
        try {
            if (!takeIfFree(PROCESS)) {
                throw OpenFiles.noneLeft(seenFree, PROCESS + MARGIN);
            }
        } finally {
            LOCK.unlock();
        }
        return own(PROCESS);
    }

    private static FileReservation reserve(int files, Job job, String doing) throws IOException {
        if (OWN.get() != null) {
            return COUNTED_ALREADY;
        }
        LOCK.lock();
        try {
            if (takeIfFree(files)) {
                return own(files);
            }
        } finally {
            LOCK.unlock();
        }
        await(files, job, doing);
        return own(files);
    }

    private static void await(int files, Job job, String doing) throws IOException {
        long start = System.nanoTime();
        // As in Turn: the cancel action takes the lock without the job's.
        try (Job.Registration registration = job.onCancel(FileReservation::wakeAll)) {
            LOCK.lock();
            try {
                while (!takeIfFree(files)) {
                    if (reserved == 0 || System.nanoTime() - start >= MOST_NANOS) {
                        throw OpenFiles.noneLeft(seenFree, files + MARGIN);
                    }
                    job.check(doing);
                    CHANGED.awaitNanos(Math.min(LOOK_AGAIN_NANOS, job.remainingNanos()));
                }
            } finally {
                // There may be enough for the next one, or nobody left to wait for.
                CHANGED.signal();
                LOCK.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            job.check(doing);
            throw new AssertionError("interrupted, yet the job says it was not", e);
        }
    }

    /** Under the lock. */
    private static boolean takeIfFree(int files) {
        long now = System.nanoTime();
        boolean ample = now - seenAt < FRESH_NANOS && seenFree - promisedSince - reserved > AMPLE;
        if (!ample) {
            // With many waiting, not every one of them need look.
            boolean justSeen = reserved > 0 && now - seenAt < JUST_SEEN_NANOS;
            if (justSeen && seenFree - reserved < files + MARGIN) {
                return false;
            }
            seenFree = OpenFiles.free();
            seenAt = now;
            promisedSince = 0;
            if (seenFree - reserved < files + MARGIN) {
                return false;
            }
        }
        reserved += files;
        promisedSince += files;
        return true;
    }

    private static FileReservation own(int files) {
        FileReservation own = new FileReservation(files);
        OWN.set(own);
        return own;
    }

    private static void wakeAll() {
        LOCK.lock();
        try {
            CHANGED.signalAll();
        } finally {
            LOCK.unlock();
        }
    }

    /** Gives back what was not used; what was opened counts by itself. */
    @Override
    public void close() {
        if (files == 0) {
            return;
        }
        OWN.remove();
        LOCK.lock();
        try {
            reserved -= files;
            CHANGED.signal();
        } finally {
            LOCK.unlock();
        }
    }
}
