package io.muxpool.internal.mux;

import io.muxpool.internal.mux.channel.Channel;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A command's standard input, towards the server: no faster than its window allows. Either bytes given once, which the
 * loop sends on as there is room, or written by somebody who waits for the room. Thread-safe.
 */
final class Outlet {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    // All guarded by lock, which may be held when the channel's is taken.
    private @Nullable Channel channel;
    private ByteBuffer given = NOTHING;
    private boolean endsWithGiven;
    private boolean closed;
    private boolean endWanted;
    private long writable;

    /** All of the input: sent when there is room, and then the end. */
    static Outlet of(byte[] bytes) {
        Outlet outlet = new Outlet();
        outlet.given = ByteBuffer.wrap(bytes);
        outlet.endsWithGiven = true;
        return outlet;
    }

    /** Where it leads; from now on it flows. */
    void connect(Channel to) {
        lock.lock();
        try {
            channel = to;
            writable++;
            room.signalAll();
            if (endWanted) {
                to.sendEof();
            }
        } finally {
            lock.unlock();
        }
        sendGiven();
    }

    /** There may be room again. On the loop. */
    void writable() {
        lock.lock();
        try {
            writable++;
            room.signalAll();
        } finally {
            lock.unlock();
        }
        sendGiven();
    }

    private void sendGiven() {
        lock.lock();
        try {
            Channel to = channel;
            if (to == null || closed || !(endsWithGiven || given.hasRemaining())) {
                return;
            }
            if (!to.send(given)) {
                closed = true;
            } else if (endsWithGiven && !given.hasRemaining()) {
                closed = true;
                to.sendEof();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sends bytes as soon as there is room, and never waits for it. Not together with {@link #write}. */
    void append(byte[] bytes) {
        lock.lock();
        try {
            given = ByteBuffer.allocate(given.remaining() + bytes.length)
                    .put(given)
                    .put(bytes)
                    .flip();
        } finally {
            lock.unlock();
        }
        sendGiven();
    }

    /** The command reads no more, or is gone: what is written fails, and nobody waits. */
    void close() {
        lock.lock();
        try {
            closed = true;
            given = NOTHING;
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sends bytes, waiting for room.
     *
     * @return false when they are not wanted any more
     */
    boolean write(byte[] bytes, int start, int length) throws InterruptedException {
        ByteBuffer rest = ByteBuffer.wrap(bytes, start, length);
        lock.lock();
        try {
            while (rest.hasRemaining()) {
                if (closed) {
                    return false;
                }
                long seen = writable;
                if (channel != null && !channel.send(rest)) {
                    closed = true;
                    return false;
                }
                // What was said between our try and our wait is in the count, since that is kept under the lock.
                while (rest.hasRemaining() && !closed && seen == writable) {
                    room.await();
                }
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** The end of the input. */
    void end() {
        lock.lock();
        try {
            if (!closed && channel != null) {
                channel.sendEof();
            }
            endWanted |= !closed;
            closed = true;
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** This input as a stream: written through at once. Blocks as long as the server gives no room. */
    OutputStream stream() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] from, int start, int length) throws IOException {
                Objects.checkFromIndexSize(start, length, from.length);
                try {
                    if (!Outlet.this.write(from, start, length)) {
                        throw new IOException("the command reads no more input");
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException("interrupted while waiting for the command to take input");
                }
            }

            @Override
            public void close() {
                end();
            }
        };
    }
}
