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
    /** Small payloads share a chunk: a window of one-byte ones would be millions of arrays. */
    private static final int LEAST_CHUNK = 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    // All guarded by lock.
    private final Deque<Chunk> chunks = new ArrayDeque<>();
    private boolean ended;
    private boolean unwanted;
    private boolean busy;
    private @Nullable IOException failure;
    private IntConsumer taken = n -> {};

    @Override
    public void accept(ByteBuffer payload, IntConsumer taken) {
        int size = payload.remaining();
        lock.lock();
        try {
            this.taken = taken;
            if (!unwanted) {
                Chunk last = chunks.peekLast();
                if (last == null || last.room() < size) {
                    last = new Chunk(Math.max(size, LEAST_CHUNK));
                    chunks.addLast(last);
                }
                last.add(payload);
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
        int dropped;
        IntConsumer tell;
        lock.lock();
        try {
            unwanted = true;
            dropped = (int) unread();
            chunks.clear();
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
    @Nullable ByteBuffer take() throws IOException {
        lock.lock();
        try {
            while (chunks.isEmpty()) {
                if (ended || unwanted) {
                    throwFailure();
                    return null;
                }
                news.awaitUninterruptibly();
            }
            busy = true;
            return chunks.removeFirst().rest();
        } finally {
            lock.unlock();
        }
    }

    void tookAll(int bytes) {
        IntConsumer tell;
        lock.lock();
        try {
            busy = false;
            tell = taken;
        } finally {
            lock.unlock();
        }
        tell.accept(bytes);
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
            Chunk chunk = chunks.getFirst();
            n = chunk.read(to, start, length);
            if (chunk.unread() == 0) {
                chunks.removeFirst();
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

    /** Whether there is output that its reader has not taken, or is still busy with. */
    boolean isBehind() {
        lock.lock();
        try {
            return !unwanted && (busy || !chunks.isEmpty());
        } finally {
            lock.unlock();
        }
    }

    private int available() {
        lock.lock();
        try {
            return (int) Math.min(Integer.MAX_VALUE, unread());
        } finally {
            lock.unlock();
        }
    }

    private long unread() {
        return chunks.stream().mapToLong(Chunk::unread).sum();
    }

    /** Some of the output: filled at its end, read at its start. Guarded by the inlet's lock. */
    private static final class Chunk {
        private final byte[] bytes;
        private int start;
        private int end;

        Chunk(int capacity) {
            bytes = new byte[capacity];
        }

        int room() {
            return bytes.length - end;
        }

        int unread() {
            return end - start;
        }

        void add(ByteBuffer payload) {
            int size = payload.remaining();
            payload.get(bytes, end, size);
            end += size;
        }

        int read(byte[] to, int at, int length) {
            int n = Math.min(length, unread());
            System.arraycopy(bytes, start, to, at, n);
            start += n;
            return n;
        }

        /** For whoever has taken it out. */
        ByteBuffer rest() {
            return ByteBuffer.wrap(bytes, start, unread());
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
