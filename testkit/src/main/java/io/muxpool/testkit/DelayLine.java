package io.muxpool.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;

/**
 * One direction of a connection: one thread reads and stamps chunks with the time they are due, another writes each when
 * its time has come. What is on its way is bounded, well above what a fast link holds at 100 ms, so that a peer that does
 * not read slows the other one down as it would without a proxy.
 */
final class DelayLine {

    private static final int CHUNK = 64 * 1024;
    private static final int CAPACITY = 64 * 1024 * 1024;

    /** Bytes and when they are due; no bytes at all mean the end. */
    private static final class Chunk {

        private final byte[] bytes;
        private final long dueNanos;

        Chunk(byte[] bytes, long dueNanos) {
            this.bytes = bytes;
            this.dueNanos = dueNanos;
        }
    }

    private final NetworkConditions conditions;
    private final Direction direction;
    private final BlockingQueue<Chunk> underWay = new LinkedBlockingQueue<>();
    private final Semaphore room = new Semaphore(CAPACITY);

    DelayLine(NetworkConditions conditions, Direction direction) {
        this.conditions = conditions;
        this.direction = direction;
    }

    /** Reads until the end of input, which travels down the line like the bytes before it. */
    void fillFrom(InputStream in) throws IOException, InterruptedException {
        byte[] buffer = new byte[CHUNK];
        int n;
        do {
            n = in.read(buffer);
            byte[] bytes = Arrays.copyOf(buffer, Math.max(n, 0));
            direction.pass(bytes);
            long due = direction.due(bytes.length, System.nanoTime());
            room.acquire(bytes.length);
            underWay.add(new Chunk(bytes, due));
        } while (n >= 0);
    }

    /** Writes what is due until the end. */
    void drainTo(OutputStream out) throws IOException, InterruptedException {
        while (true) {
            Chunk chunk = underWay.take();
            conditions.awaitPassage(chunk.dueNanos);
            if (chunk.bytes.length == 0) {
                return;
            }
            out.write(chunk.bytes);
            room.release(chunk.bytes.length);
        }
    }
}
