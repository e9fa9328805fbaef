package io.muxpool.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Standard output or standard error. Another process may have made it non-blocking (node and asyncio do that to the pipes
 * of their children): when it is full, this stream waits for room, where Java's own streams fail.
 */
public final class OwnOutput extends OutputStream {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final FileChannel channel;

    private OwnOutput(FileDescriptor own) {
        // Not closed: it is the process's.
        channel = new FileOutputStream(own).getChannel();
    }

    /** Standard output of this process. */
    public static OutputStream stdout() {
        return new OwnOutput(FileDescriptor.out);
    }

    /** Standard error of this process. */
    public static OutputStream stderr() {
        return new OwnOutput(FileDescriptor.err);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int start, int length) throws IOException {
        Objects.checkFromIndexSize(start, length, from.length);
        ByteBuffer rest = ByteBuffer.wrap(from, start, length);
        while (rest.hasRemaining()) {
            if (channel.write(rest) == 0) {
                // Java cannot wait for the room of a descriptor that it has not opened.
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }
}
