package io.muxpool.internal.mux;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** An output that somebody reads, in his own time: chunks in between, never more than a receive window of them. */
final class QueueInlet implements Inlet {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    // All guarded by lock.
    private final Deque<byte[]> chunks = new ArrayDeque<>();
    private int offset;
    private boolean ended;
    private boolean unwanted;
    private @Nullable IOException failure;
    private IntConsumer taken = n -> {};

    @Override
    public void accept(ByteBuffer payload, IntConsumer taken) {
        int size = payload.remaining();
        lock.lock();
        try {
            this.taken = taken;
            if (!unwanted) {
                byte[] chunk = new byte[size];
                payload.get(chunk);
                chunks.addLast(chunk);
                news.signalAll();
                return;
            }
        } finally {
            lock.unlock();
        }
        taken.accept(size);
    }

    @Override
    public void end(@Nullable IOException why) {
        lock.lock();
        try {
            if (!ended) {
                ended = true;
                failure = why;
                news.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Drops what is there and what will come: nobody reads any more, and the command must not be held up. */
    void discard() {
        int dropped = 0;
        IntConsumer tell;
        lock.lock();
        try {
            unwanted = true;
            for (byte[] chunk : chunks) {
                dropped += chunk.length;
            }
            dropped -= offset;
            chunks.clear();
            offset = 0;
            tell = taken;
            news.signalAll();
        } finally {
            lock.unlock();
        }
        if (dropped > 0) {
            tell.accept(dropped);
        }
    }

    /**
     * The next chunk, waited for without heeding interrupts; null at the end. It counts as taken when {@link #tookAll} is
     * called.
     */
    byte @Nullable [] take() throws IOException {
        lock.lock();
        try {
            while (chunks.isEmpty()) {
                if (ended || unwanted) {
                    throwFailure();
                    return null;
                }
                news.awaitUninterruptibly();
            }
            return chunks.removeFirst();
        } finally {
            lock.unlock();
        }
    }

    void tookAll(int bytes) {
        taken().accept(bytes);
    }

    private IntConsumer taken() {
        lock.lock();
        try {
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void throwFailure() throws IOException {
        if (failure != null) {
            throw new IOException(failure.getMessage(), failure);
        }
    }

    private int read(byte[] to, int start, int length) throws IOException {
        int n;
        lock.lock();
        try {
            while (chunks.isEmpty()) {
                if (unwanted) {
                    throw new IOException("the stream is closed");
                }
                if (ended) {
                    throwFailure();
                    return -1;
                }
                news.await();
            }
            byte[] chunk = chunks.getFirst();
            n = Math.min(length, chunk.length - offset);
            System.arraycopy(chunk, offset, to, start, n);
            offset += n;
            if (offset == chunk.length) {
                chunks.removeFirst();
                offset = 0;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for output");
        } finally {
            lock.unlock();
        }
        taken().accept(n);
        return n;
    }

    private int available() {
        lock.lock();
        try {
            long sum = -offset;
            for (byte[] chunk : chunks) {
                sum += chunk.length;
            }
            return (int) Math.min(Integer.MAX_VALUE, sum);
        } finally {
            lock.unlock();
        }
    }

    /** This output as a stream. Blocks until there is something; an interrupt ends the wait. Closing it discards. */
    InputStream stream() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return QueueInlet.this.read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] to, int start, int length) throws IOException {
                Objects.checkFromIndexSize(start, length, to.length);
                return length == 0 ? 0 : QueueInlet.this.read(to, start, length);
            }

            @Override
            public int available() {
                return QueueInlet.this.available();
            }

            @Override
            public void close() {
                discard();
            }
        };
    }
}
