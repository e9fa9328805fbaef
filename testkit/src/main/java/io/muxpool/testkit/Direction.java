package io.muxpool.testkit;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One way through a proxy, shared by all its connections like a line: when what is sent now arrives. Bytes go onto the
 * line one after another, as fast as its bandwidth lets them, and are then on their way for the delay. Thread-safe.
 */
final class Direction {

    /** Of a line without a bound. */
    static final long UNLIMITED = 0;

    private volatile long delayNanos;
    private volatile long bytesPerSecond = UNLIMITED;

    private final AtomicBoolean spoilsNext = new AtomicBoolean();

    // Guarded by this: when the last byte so far is on the line.
    private long busyUntil = System.nanoTime();

    void delay(long nanos) {
        if (nanos < 0) {
            throw new IllegalArgumentException("A delay is not negative: " + nanos + " ns");
        }
        delayNanos = nanos;
    }

    void bandwidth(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("A bandwidth is not negative: " + bytes + " bytes/s");
        }
        bytesPerSecond = bytes;
    }

    /** Turns one bit of the next bytes that pass. */
    void spoilNext() {
        spoilsNext.set(true);
    }

    /** Lets bytes pass as they are, or spoils them. */
    void pass(byte[] bytes) {
        if (bytes.length > 0 && spoilsNext.compareAndSet(true, false)) {
            bytes[bytes.length / 2] ^= 0x10;
        }
    }

    /** When bytes that came at a time, as of {@link System#nanoTime}, have passed; order is kept. */
    long due(int bytes, long now) {
        long rate = bytesPerSecond;
        if (rate == UNLIMITED) {
            return now + delayNanos;
        }
        synchronized (this) {
            long begin = now - busyUntil > 0 ? now : busyUntil;
            busyUntil = begin + bytes * TimeUnit.SECONDS.toNanos(1) / rate;
            return busyUntil + delayNanos;
        }
    }
}
