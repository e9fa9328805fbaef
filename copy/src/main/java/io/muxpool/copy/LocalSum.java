package io.muxpool.copy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of a file on this side. */
final class LocalSum {
    private static final int BUFFER = 256 * 1024;

    private LocalSum() {}

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has it", e);
        }
    }

    /** Of a stretch; one that goes beyond the file's end is cut there. */
    static String of(FileChannel file, long from, long end) {
        MessageDigest digest = sha256();
        add(digest, file, from, end);
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Of a file that is being written, in step with what has arrived from its begin on. */
    static String following(FileChannel file, long size, Runs runs) throws IOException, InterruptedException {
        MessageDigest digest = sha256();
        long place = 0;
        while (place < size) {
            long front = runs.awaitBeyond(place);
            if (front <= place) {
                throw new IOException("the copy has ended");
            }
            // What is missing at the end are zeros that were not written: see Zeros.
            zeros(digest, front - place - add(digest, file, place, front));
            place = front;
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void zeros(MessageDigest digest, long count) {
        byte[] some = new byte[(int) Math.min(BUFFER, count)];
        for (long left = count; left > 0; left -= some.length) {
            digest.update(some, 0, (int) Math.min(some.length, left));
        }
    }

    /** Returns how many bytes there were. */
    private static long add(MessageDigest digest, FileChannel file, long from, long end) {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        try {
            for (long at = from; at < end; ) {
                int read = file.read(buffer.clear().limit((int) Math.min(BUFFER, end - at)), at);
                if (read < 0) {
                    return at - from;
                }
                digest.update(buffer.flip());
                at += read;
            }
            return end - from;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
