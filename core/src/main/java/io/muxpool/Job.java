package io.muxpool;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The bounds of a piece of work: one absolute deadline shared by every command run under it, and a switch that ends them
 * all. Waiting for a slot, for a lock or between retries counts as well as running.
 *
 * <p>Thread-safe. A job may be used by many threads and for many commands, one after another or at once, until it is
 * cancelled. It holds no resource and needs no closing.
 */
public final class Job {
    // Far enough for anyone, near enough that deadline arithmetic on nanoTime cannot overflow.
    private static final long FOREVER_NANOS = Long.MAX_VALUE / 4;

    private final @Nullable Duration timeout;
    private final long startNanos = System.nanoTime();
    private final long limitNanos;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock; null as long as there was none.
    private @Nullable Set<Registration> registrations;
    // Written under lock: the one decision in the race between onCancel() and cancel().
    private volatile boolean cancelled;

    private Job(@Nullable Duration timeout) {
        this.timeout = timeout;
        this.limitNanos = timeout == null ? FOREVER_NANOS : clampedNanos(timeout);
    }

    /** A job without a deadline. It can still be cancelled. */
    public static Job create() {
        return new Job(null);
    }

    /**
     * A job whose deadline is {@code timeout} from now.
     *
     * @param timeout zero or more; zero means that nothing will be started
     * @throws IllegalArgumentException when negative
     */
    public static Job withTimeout(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout must not be negative: " + timeout);
        }
        return new Job(timeout);
    }

    /**
     * Ends everything that runs under this job and makes all later use fail with {@link JobCancelledException}. Returns
     * at once, without waiting: the calls that run under the job kill what they started and throw. Calling it again does
     * nothing.
     */
    public void cancel() {
        List<Registration> pending;
        lock.lock();
        try {
            if (cancelled) {
                return;
            }
            cancelled = true;
            pending = registrations == null ? List.of() : List.copyOf(registrations);
            registrations = null;
        } finally {
            lock.unlock();
        }
        for (Registration registration : pending) {
            registration.action.run();
        }
    }

    /** Whether {@link #cancel()} was called. */
    public boolean isCancelled() {
        return cancelled;
    }

    /** The timeout this job was created with. */
    public Optional<Duration> timeout() {
        return Optional.ofNullable(timeout);
    }

    /** Time left until the deadline, never negative; empty without a deadline. */
    public Optional<Duration> remaining() {
        return timeout == null ? Optional.empty() : Optional.of(Duration.ofNanos(remainingNanos()));
    }

    /** Nanoseconds left until the deadline, 0 when it has passed; about 73 years when there is none. */
    public long remainingNanos() {
        // nanoTime values are only ever subtracted: they may wrap.
        return timeout == null ? FOREVER_NANOS : Math.max(0, limitNanos - (System.nanoTime() - startNanos));
    }

    /**
     * Throws when this job has ended; the thread's interrupt flag counts too and stays set.
     *
     * @param doing what is about to be done, as a clause after "while", for the message
     * @throws JobCancelledException when cancelled
     * @throws JobTimeoutException when the deadline has passed
     * @throws JobInterruptedException when the calling thread is interrupted
     */
    public void check(String doing) {
        if (isOver()) {
            check(doing, Ending.notStarted(), PartialOutput.NONE);
        }
    }

    /** As {@link #check(String)}, for a clause that takes some making. */
    public void check(Supplier<String> doing) {
        if (isOver()) {
            check(doing.get());
        }
    }

    private boolean isOver() {
        return cancelled
                || (timeout != null && remainingNanos() == 0)
                || Thread.currentThread().isInterrupted();
    }

    /**
     * As {@link #check(String)}, for work whose command may have been started.
     *
     * @param ending what became of that command
     * @param output what it had written
     */
    public void check(String doing, Ending ending, PartialOutput output) {
        if (cancelled) {
            throw new JobCancelledException(doing, ending, output);
        }
        if (timeout != null && remainingNanos() == 0) {
            throw new JobTimeoutException(timeout, doing, ending, output);
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new JobInterruptedException(doing, ending, output, new InterruptedException());
        }
    }

    /**
     * Runs {@code action} when this job is cancelled; at once, in this thread, when it already is. So whoever first
     * starts something and then registers its end can never miss a cancel. The action must not block and must not throw.
     *
     * @return take it back with {@link Registration#close()}; nothing happens when it has run
     */
    public Registration onCancel(Runnable action) {
        Registration registration = new Registration(action);
        lock.lock();
        try {
            if (!cancelled) {
                if (registrations == null) {
                    registrations = new LinkedHashSet<>(4);
                }
                registrations.add(registration);
                return registration;
            }
        } finally {
            lock.unlock();
        }
        action.run();
        return registration;
    }

    /** An action waiting for a cancel. */
    public final class Registration implements AutoCloseable {
        private final Runnable action;

        private Registration(Runnable action) {
            this.action = action;
        }

        /** Takes the action back, unless it has already run or is running. */
        @Override
        public void close() {
            lock.lock();
            try {
                if (registrations != null) {
                    registrations.remove(this);
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private static long clampedNanos(Duration timeout) {
        return timeout.compareTo(Duration.ofNanos(FOREVER_NANOS)) > 0 ? FOREVER_NANOS : timeout.toNanos();
    }

    @Override
    public String toString() {
        String bound = timeout == null
                ? "no deadline"
                : Durations.format(Duration.ofNanos(remainingNanos())) + " left of " + Durations.format(timeout);
        return "Job[" + bound + (cancelled ? ", cancelled]" : "]");
    }
}
