package io.muxpool.bench.peer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Bytes that are only counted. */
final class Bytes {
    private static final int CHUNK = 256 * 1024;
    private static final byte[] ZEROS = new byte[CHUNK];

    private Bytes() {}

    static long count(InputStream from) throws IOException {
        byte[] buffer = new byte[CHUNK];
        long sum = 0;
        for (int n; (n = from.read(buffer)) >= 0; ) {
            sum += n;
        }
        return sum;
    }

    /** Writes zeros, and closes. */
    static void zeros(OutputStream to, long bytes) throws IOException {
        try (to) {
            for (long left = bytes; left > 0; left -= CHUNK) {
                to.write(ZEROS, 0, (int) Math.min(left, CHUNK));
            }
            // close() alone is not enough for sshj 0.40: it drops what it holds back for want of window.
            to.flush();
        }
    }

    /** So many zeros to read. */
    static InputStream zeros(long bytes) {
        return new InputStream() {
            private long left = bytes;

            @Override
            public int read() {
                return left-- > 0 ? 0 : -1;
            }

            @Override
            public int read(byte[] to, int start, int length) {
                if (left <= 0) {
                    return -1;
                }
                int n = (int) Math.min(Math.min(length, CHUNK), left);
                System.arraycopy(ZEROS, 0, to, start, n);
                left -= n;
                return n;
            }
        };
    }

    /** Counts what is written to it. One thread at a time. */
    static final class Counter extends OutputStream {
        private long sum;

        long sum() {
            return sum;
        }

        @Override
        public void write(int b) {
            sum++;
        }

        @Override
        public void write(byte[] bytes, int start, int length) {
            sum += length;
        }
    }

    static void requireZero(Object status) {
        if (!"0".equals(String.valueOf(status))) {
            throw new IllegalStateException("exit status " + status);
        }
    }
}
