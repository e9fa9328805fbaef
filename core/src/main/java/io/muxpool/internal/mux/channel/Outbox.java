package io.muxpool.internal.mux.channel;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.MuxMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * What is on its way to the master. Whoever sends writes, in its own thread, what the socket takes; the loop writes the
 * rest. Thread-safe; never blocks.
 *
 * <p>Every frame has a position in the stream, and how far the socket took the stream is known: what it never took whole,
 * the master never saw. Once the socket has failed, or is closed, it takes nothing more, ever.
 *
 * <p>A frame is never torn: it is put here whole, and only whole buffers are written on. The socket is non-blocking, and
 * so out of the reach of interrupts: NIO closes an interrupted thread's channel only where it may block. {@code OutboxTest}
 * holds that on every JDK.
 */
final class Outbox {
    private static final int USUAL = 128 * 1024;

    /** Data waits for room beside this, so that control messages, which cannot wait, find some. */
    private static final int DATA_LIMIT = 96 * 1024;

    /** A master that takes nothing any more, while we have all this to say to it, is none. */
    private static final int MAX = 8 * 1024 * 1024;

    /** The position of what was not even put here: the stream does not get that far. */
    static final long NEVER = Long.MAX_VALUE;

    private final WritableByteChannel socket;
    private final Runnable wantsWritable;
    private final Consumer<IOException> failed;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock. In write mode: everything below its position waits to be written.
    private ByteBuffer waiting = ByteBuffer.allocateDirect(USUAL);
    private long taken;
    private boolean blocked;
    private boolean over;

    /**
     * @param socket non-blocking
     * @param wantsWritable asks the loop to call {@link #flush} when the socket takes more; may be called under locks
     * @param failed told once that the socket failed; called under locks
     */
    Outbox(WritableByteChannel socket, Runnable wantsWritable, Consumer<IOException> failed) {
        this.socket = socket;
        this.wantsWritable = wantsWritable;
        this.failed = failed;
    }

    /** Sends mux messages, whole. */
    void send(MuxMessage... messages) {
        lock.lock();
        try {
            for (MuxMessage message : messages) {
                if (hasRoom(message.frameSize())) {
                    message.encode(waiting);
                }
            }
            write();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sends a message, at once unless it is held back for the next to go along.
     *
     * @return where in the stream it ends: see {@link #hasTaken}; {@link #NEVER} when it was not put here
     */
    long send(ChannelMessage message, boolean hold) {
        lock.lock();
        try {
            if (!hasRoom(message.frameSize())) {
                return NEVER;
            }
            message.encode(waiting);
            long end = taken + waiting.position();
            if (!hold) {
                write();
            }
            return end;
        } finally {
            lock.unlock();
        }
    }

    /** Sends data if there is room for it now; else false, and the loop will say when there is. */
    boolean offer(ChannelMessage data) {
        lock.lock();
        try {
            if (waiting.position() + data.frameSize() > DATA_LIMIT) {
                write();
                if (waiting.position() + data.frameSize() > DATA_LIMIT) {
                    return false;
                }
            }
            if (!hasRoom(data.frameSize())) {
                return false;
            }
            data.encode(waiting);
            write();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Writes what waits, as far as the socket takes it; true when nothing is left. */
    boolean flush() {
        lock.lock();
        try {
            blocked = false;
            write();
            return !blocked;
        } finally {
            lock.unlock();
        }
    }

    /** Writes what was held back, unless the loop is about to. */
    void release() {
        lock.lock();
        try {
            write();
        } finally {
            lock.unlock();
        }
    }

    /** Nothing is written from now on: what {@link #hasTaken} says is final. */
    void close() {
        lock.lock();
        try {
            over = true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the socket took all up to there. If not, the master cannot know of the message that ends there. */
    boolean hasTaken(long end) {
        lock.lock();
        try {
            return taken >= end;
        } finally {
            lock.unlock();
        }
    }

    private boolean hasRoom(int size) {
        if (over) {
            return false;
        }
        if (waiting.remaining() >= size) {
            return true;
        }
        if (waiting.position() + size > MAX) {
            fail(new IOException(
                    "the master takes nothing any more, and " + waiting.position() + " bytes wait for it"));
            return false;
        }
        int capacity = Math.max(waiting.position() + size, Math.min(MAX, 2 * waiting.capacity()));
        waiting = ByteBuffer.allocateDirect(capacity).put(waiting.flip());
        return true;
    }

    private void fail(IOException why) {
        over = true;
        failed.accept(why);
    }

    private void write() {
        if (over || blocked || waiting.position() == 0) {
            return;
        }
        waiting.flip();
        try {
            int written;
            do {
                written = socket.write(waiting);
                taken += written;
            } while (written > 0 && waiting.hasRemaining());
        } catch (IOException e) {
            fail(e);
        } finally {
            waiting.compact();
        }
        if (over) {
            return;
        }
        if (waiting.position() > 0) {
            blocked = true;
            wantsWritable.run();
        } else if (waiting.capacity() > USUAL) {
            waiting = ByteBuffer.allocateDirect(USUAL);
        }
    }
}
