package io.muxpool.copy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;

/**
 * How far a file has come, from its begin on, for a program that reads after it: lines, each of how many runs more there are,
 * and {@link #ALL} when all are. Without that it ends when the copy was stopped. Used by one thread.
 */
final class Steps extends InputStream {
    static final String ALL = "all";

    // Each line is a process over there.
    private static final long STEP = Trip.STRETCH;

    private final Runs runs;
    private final long size;
    private long told;
    private boolean toldAll;
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

    /** The next line, waited for; false when there is none. */
    private boolean step() throws IOException {
        if (toldAll) {
            return false;
        }
        long wanted = Math.min(size, told + STEP);
        try {
            long front = runs.awaitBeyond(wanted - 1);
            if (front < wanted) {
                return false;
            }
            toldAll = front == size;
            long more = (front - told) / Runs.LENGTH;
            told = front;
            line = ((toldAll ? ALL : String.valueOf(more)) + "\n").getBytes(US_ASCII);
            next = 0;
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }
}
