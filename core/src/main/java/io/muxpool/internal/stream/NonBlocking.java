package io.muxpool.internal.stream;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits until a file descriptor of this process is worth another try. Java cannot wait for a descriptor that it has not
 * opened itself, so this waits a little longer each time.
 */
final class NonBlocking {
    private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(16);

    private long wait = FIRST_NANOS;

    /** The last try moved bytes. */
    void worked() {
        wait = FIRST_NANOS;
    }

    /** Blocks for 1 to 16 ms. */
    void await() {
        LockSupport.parkNanos(wait);
        wait = Math.min(2 * wait, LONGEST_NANOS);
    }
}
