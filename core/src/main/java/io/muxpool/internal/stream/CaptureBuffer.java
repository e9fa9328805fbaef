package io.muxpool.internal.stream;

import io.muxpool.CommandResult.Captured;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The first bytes of a stream, up to a limit. Filled by one pump, readable at any time by the thread that waits. */
public final class CaptureBuffer {
    private final int limit;
    private byte[] bytes;
    private int size;
    private boolean truncated;

    /** @param limit the most bytes to keep */
    public CaptureBuffer(int limit) {
        this.limit = limit;
        this.bytes = new byte[Math.min(limit, 1024)];
    }

    /** Keeps the first {@code length} bytes of an array, as far as the limit allows. */
    public void append(byte[] from, int length) {
        append(ByteBuffer.wrap(from, 0, length));
    }

    /** Keeps what a buffer holds, as far as the limit allows. */
    public synchronized void append(ByteBuffer from) {
        int taken = Math.min(from.remaining(), limit - size);
        truncated |= taken < from.remaining();
        if (size + taken > bytes.length || size + taken < 0) {
            long doubled = Math.max(2L * bytes.length, (long) size + taken);
            bytes = Arrays.copyOf(bytes, (int) Math.min(doubled, limit));
        }
        from.get(bytes, size, taken);
        size += taken;
    }

    /** A copy of what was kept. */
    public synchronized Captured captured() {
        return size == 0 && !truncated ? Captured.NONE : new Captured(Arrays.copyOf(bytes, size), truncated);
    }
}
