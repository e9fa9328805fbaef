package io.muxpool.copy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Leaves holes where a file has zeros. */
final class Zeros {
    private static final ByteBuffer SOME = ByteBuffer.allocateDirect(128 * 1024).asReadOnlyBuffer();

    private Zeros() {}

    /**
     * Writes bytes at a place of a file, as {@link FileChannel#write(ByteBuffer, long)} does; but zeros behind its end are
     * not written. Either something is written behind them later, and a hole is left, or {@link #end} is called.
     */
    static int write(FileChannel file, ByteBuffer bytes, long place) throws IOException {
        if (bytes.hasRemaining() && areAll(bytes) && place >= file.size()) {
            int length = bytes.remaining();
            bytes.position(bytes.limit());
            return length;
        }
        return file.write(bytes, place);
    }

    /** Makes a file so long whose last zeros may not have been written. */
    static void end(FileChannel file, long size) throws IOException {
        if (file.size() < size) {
            file.write(ByteBuffer.allocate(1), size - 1);
        }
    }

    /** Whether all bytes are zero. */
    static boolean areAll(ByteBuffer bytes) {
        for (int at = bytes.position(); at < bytes.limit(); at += SOME.capacity()) {
            int length = Math.min(SOME.capacity(), bytes.limit() - at);
            if (bytes.slice(at, length).mismatch(SOME.slice(0, length)) >= 0) {
                return false;
            }
        }
        return true;
    }
}
