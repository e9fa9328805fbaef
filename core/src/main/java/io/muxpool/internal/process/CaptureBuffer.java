package io.muxpool.internal.process;

import io.muxpool.CommandResult.Captured;
import java.util.Arrays;

/** The first bytes of a stream, up to a limit. Filled by one pump, readable at any time by the thread that waits. */
final class CaptureBuffer {
    private final int limit;
    private byte[] bytes;
    private int size;
    private boolean truncated;

    CaptureBuffer(int limit) {
        this.limit = limit;
        this.bytes = new byte[Math.min(limit, 1024)];
    }

    synchronized void append(byte[] from, int length) {
        int taken = Math.min(length, limit - size);
        truncated |= taken < length;
        if (size + taken > bytes.length || size + taken < 0) {
            long doubled = Math.max(2L * bytes.length, (long) size + taken);
            bytes = Arrays.copyOf(bytes, (int) Math.min(doubled, limit));
        }
        System.arraycopy(from, 0, bytes, size, taken);
        size += taken;
    }

    synchronized Captured captured() {
        return size == 0 && !truncated ? Captured.NONE : new Captured(Arrays.copyOf(bytes, size), truncated);
    }
}
