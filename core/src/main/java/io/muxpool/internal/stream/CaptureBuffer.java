package io.muxpool.internal.stream;

import io.muxpool.CommandResult.Captured;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The first bytes of a stream, up to a limit. Filled by one pump, readable at any time by the thread that waits. A large
 * output is kept in chunks: an array that doubles would need three times its size while it is copied.
 */
public final class CaptureBuffer {
    private static final int FIRST_CHUNK = 1024;
    private static final int LARGEST_CHUNK = 256 * 1024;

    private final int limit;
    // Full, but for the last one, which holds `used` bytes.
    private final Deque<byte[]> chunks = new ArrayDeque<>();
    private int used;
    private int size;
    private boolean truncated;

    /** @param limit the most bytes to keep */
    public CaptureBuffer(int limit) {
        this.limit = limit;
    }

    /** Keeps the first {@code length} bytes of an array, as far as the limit allows. */
    public void append(byte[] from, int length) {
        append(ByteBuffer.wrap(from, 0, length));
    }

    /** Keeps what a buffer holds, as far as the limit allows. */
    public synchronized void append(ByteBuffer from) {
        int taken = Math.min(from.remaining(), limit - size);
        truncated |= taken < from.remaining();
        while (taken > 0) {
            byte[] last = chunks.peekLast();
            if (last == null || used == last.length) {
                // As long as everything before it, so that a large output has few and a small one wastes little.
                last = new byte[Math.min(Math.max(FIRST_CHUNK, Math.min(size, LARGEST_CHUNK)), limit - size)];
                chunks.addLast(last);
                used = 0;
            }
            int n = Math.min(taken, last.length - used);
            from.get(last, used, n);
            used += n;
            size += n;
            taken -= n;
        }
    }

    /** What was kept, as an array that nobody may change. */
    public synchronized Captured captured() {
        return size == 0 && !truncated ? Captured.NONE : new Captured(joined(), truncated);
    }

    /** Joins the chunks into one, which is kept in their place: asking again costs nothing. */
    private byte[] joined() {
        if (chunks.size() == 1 && used == chunks.getLast().length) {
            return chunks.getLast();
        }
        byte[] all = new byte[size];
        int at = 0;
        while (!chunks.isEmpty()) {
            byte[] chunk = chunks.removeFirst();
            int n = chunks.isEmpty() ? used : chunk.length;
            System.arraycopy(chunk, 0, all, at, n);
            at += n;
        }
        if (size > 0) {
            chunks.addLast(all);
            used = size;
        }
        return all;
    }
}
