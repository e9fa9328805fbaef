package io.muxpool;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;

/**
 * A standard input that stays open and empty until it is closed. A command that waits for it, such as {@code cat}, runs
 * as long as somebody holds the other end, and leaves nothing behind when nobody does.
 */
final class HeldOpen extends InputStream {
    private final CountDownLatch closed = new CountDownLatch(1);

    @Override
    public int read() throws IOException {
        try {
            closed.await();
            return -1;
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        return read();
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
