package io.muxpool.internal.stream;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A pipe whose reader can be sent home while it is still open on the other side: the reader waits for a pump, and the pump
 * for the pipe. Never ahead by more than one buffer. Thread-safe.
 */
public final class CutStream extends InputStream {
    private final InputStream pipe;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();

    // All guarded by lock; the bytes of the chunk, while a pump is on its way, are the pump's.
    private final byte[] chunk = new byte[Pumps.BUFFER];
    private int start;
    private int end;
    private boolean pumping;
    private boolean ended;
    private @Nullable IOException failure;

    public CutStream(InputStream pipe) {
        this.pipe = pipe;
    }

    /** Nothing more will come; whoever reads is told why, behind what has come. Does nothing at an end. */
    public void cut(IOException why) {
        over(why);
    }

    private void over(@Nullable IOException why) {
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

    private void pump() {
        int n;
        try {
            n = pipe.read(chunk);
        } catch (IOException e) {
            over(e);
            return;
        }
        if (n < 0) {
            over(null);
            return;
        }
        lock.lock();
        try {
            pumping = false;
            if (!ended) {
                start = 0;
                end = n;
                news.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /** Under the lock, which the pump needs to say that it is done. */
    private void startPump() throws IOException {
        try {
            Pumps.start(this::pump);
        } catch (OutOfMemoryError e) {
            throw new IOException("no thread can be started to read with: " + e.getMessage(), e);
        }
        pumping = true;
    }

    /** Blocks until there is something; an interrupt ends the wait. */
    @Override
    public int read(byte[] to, int at, int length) throws IOException {
        Objects.checkFromIndexSize(at, length, to.length);
        if (length == 0) {
            return 0;
        }
        lock.lock();
        try {
            while (start == end && !ended) {
                if (!pumping) {
                    startPump();
                }
                news.await();
            }
            if (start == end) {
                if (failure != null) {
                    throw new IOException(failure.getMessage(), failure);
                }
                return -1;
            }
            int n = Math.min(length, end - start);
            System.arraycopy(chunk, start, to, at, n);
            start += n;
            return n;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for output");
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int available() throws IOException {
        lock.lock();
        try {
            return start < end || pumping || ended ? end - start : pipe.available();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        over(new IOException("the stream is closed"));
        pipe.close();
    }
}
