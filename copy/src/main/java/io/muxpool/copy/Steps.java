package io.muxpool.copy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;

/**
 * How far a file has come, from its begin on, for a program that reads after it: lines, each of how many runs more there are.
 * Ends when the file is there, or its copy was stopped. Used by one thread.
 */
final class Steps extends InputStream {
    // Each line is a process over there.
    private static final long STEP = Trip.STRETCH;

    private final Runs runs;
    private final long size;
    private long told;
    private byte[] line = {};
    private int next;

    Steps(Runs runs, long size) {
        this.runs = runs;
        this.size = size;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0];
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        if (length > 0 && next == line.length && !step()) {
            return -1;
        }
        int n = Math.min(length, line.length - next);
        System.arraycopy(line, next, to, offset, n);
        next += n;
        return n;
    }

    private boolean step() throws IOException {
        long wanted = told + STEP;
        if (wanted >= size) {
            wanted = size;
        }
        try {
            long front = runs.awaitBeyond(wanted - 1);
            if (front < wanted || front == size) {
                return false;
            }
            long more = (front - told) / Runs.LENGTH;
            told += more * Runs.LENGTH;
            line = (more + "\n").getBytes(US_ASCII);
            next = 0;
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }
}
