package io.muxpool.peers;

import java.io.IOException;
import java.io.InputStream;

/** A client with one warm connection. */
interface Peer extends AutoCloseable {
    String name();

    /** Runs a command and gives its standard output, when its exit status was 0. */
    byte[] run(String line) throws Exception;

    /** Runs a command and counts its standard output. */
    long count(String line) throws Exception;

    @Override
    void close() throws Exception;

    static long count(InputStream from) throws IOException {
        byte[] buffer = new byte[256 * 1024];
        long sum = 0;
        for (int n; (n = from.read(buffer)) >= 0; ) {
            sum += n;
        }
        return sum;
    }

    static void requireZero(Object status) {
        if (!"0".equals(String.valueOf(status))) {
            throw new IllegalStateException("exit status " + status);
        }
    }
}
