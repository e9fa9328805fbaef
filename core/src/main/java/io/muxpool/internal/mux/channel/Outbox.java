package io.muxpool.internal.mux.channel;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.MuxMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What is on its way to the master. Whoever sends writes, in its own thread, what the socket takes; the loop writes the
 * rest. Thread-safe; never blocks.
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

    private final SocketChannel socket;
    private final Runnable wantsWritable;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock. In write mode: everything below its position waits to be written.
    private ByteBuffer waiting = ByteBuffer.allocateDirect(USUAL);
    private boolean blocked;

    /** @param wantsWritable asks the loop to call {@link #flush} when the socket takes more; may be called under locks */
    Outbox(SocketChannel socket, Runnable wantsWritable) {
        this.socket = socket;
        this.wantsWritable = wantsWritable;
    }

    /** Sends mux messages, whole. */
    void send(MuxMessage... messages) throws IOException {
        lock.lock();
        try {
            for (MuxMessage message : messages) {
                makeRoom(message.frameSize());
                message.encode(waiting);
            }
            write();
        } finally {
            lock.unlock();
        }
    }

    /** Sends a message, at once unless it is held back for the next to go along. */
    void send(ChannelMessage message, boolean hold) throws IOException {
        lock.lock();
        try {
            makeRoom(message.frameSize());
            message.encode(waiting);
            if (!hold) {
                write();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sends data if there is room for it now; else false, and the loop will say when there is. */
    boolean offer(ChannelMessage data) throws IOException {
        lock.lock();
        try {
            if (waiting.position() + data.frameSize() > DATA_LIMIT) {
                write();
                if (waiting.position() + data.frameSize() > DATA_LIMIT) {
                    return false;
                }
            }
            makeRoom(data.frameSize());
            data.encode(waiting);
            write();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Writes what waits, as far as the socket takes it; true when nothing is left. */
    boolean flush() throws IOException {
        lock.lock();
        try {
            blocked = false;
            write();
            return !blocked;
        } finally {
            lock.unlock();
        }
    }

    private void makeRoom(int size) throws IOException {
        if (waiting.remaining() >= size) {
            return;
        }
        if (waiting.position() + size > MAX) {
            throw new IOException(
                    "the master takes nothing any more, and " + waiting.position() + " bytes wait for it");
        }
        int capacity = Math.max(waiting.position() + size, Math.min(MAX, 2 * waiting.capacity()));
        waiting = ByteBuffer.allocateDirect(capacity).put(waiting.flip());
    }

    private void write() throws IOException {
        if (blocked || waiting.position() == 0) {
            return;
        }
        waiting.flip();
        try {
            int written;
            do {
                written = socket.write(waiting);
            } while (written > 0 && waiting.hasRemaining());
        } finally {
            waiting.compact();
        }
        if (waiting.position() > 0) {
            blocked = true;
            wantsWritable.run();
        } else if (waiting.capacity() > USUAL) {
            waiting = ByteBuffer.allocateDirect(USUAL);
        }
    }
}
