package io.muxpool.internal.stream;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Objects;

/**
 * One of this process's own outputs. Another process may have made it non-blocking (node and asyncio do that to pipes that
 * they share with their children): when it is full, this stream waits for room, where Java's own streams fail.
 */
public final class InheritedOutput extends OutputStream {
    private final FileChannel channel;

    /** @param own standard output or standard error, which stays open */
    @SuppressWarnings("StreamResourceLeak") // the process's own, which is not ours to close
    public InheritedOutput(FileDescriptor own) {
        channel = new FileOutputStream(own).getChannel();
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int start, int length) throws IOException {
        Objects.checkFromIndexSize(start, length, from.length);
        ByteBuffer rest = ByteBuffer.wrap(from, start, length);
        NonBlocking unready = new NonBlocking();
        while (rest.hasRemaining()) {
            if (channel.write(rest) == 0) {
                unready.await();
            } else {
                unready.worked();
            }
        }
    }
}
