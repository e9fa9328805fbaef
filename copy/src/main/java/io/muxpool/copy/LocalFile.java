package io.muxpool.copy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * A file of this side that is open for reading. Files of /proc and /sys tell a size that is not theirs, 0 or a page's, and
 * may be read only once in one go: of such a file what it holds now is kept in a temporary file.
 */
final class LocalFile implements AutoCloseable {
    // No file that tells a wrong size tells a larger one.
    private static final long MOST_TOLD = 64L * 1024;
    private static final int BUFFER = 64 * 1024;

    private final FileChannel channel;
    private final long size;
    private final boolean spooled;
    private final String told;

    private LocalFile(FileChannel channel, long size, boolean spooled, String told) {
        this.channel = channel;
        this.size = size;
        this.spooled = spooled;
        this.told = told;
    }

    /** Waits for work that may block for ever. */
    interface Waiting {
        LocalFile await(Future<LocalFile> work) throws Exception;
    }

    /** @param told the size that the file system tells */
    static LocalFile open(Path path, long told, ExecutorService threads, Waiting waiting) throws Exception {
        FileChannel channel = Trip.here(() -> FileChannel.open(path, StandardOpenOption.READ));
        try {
            if (told > MOST_TOLD || (told > 0 && Trip.here(() -> reaches(channel, told)))) {
                return new LocalFile(channel, told, false, "");
            }
            // In another thread: some wait until there is something to be read.
            return waiting.await(threads.submit(() -> Trip.here(() -> spooled(path, channel, told))));
        } catch (Exception e) {
            channel.close();
            throw e;
        }
    }

    private static boolean reaches(FileChannel channel, long end) throws IOException {
        return channel.read(ByteBuffer.allocate(1), end - 1) >= 0;
    }

    private static LocalFile spooled(Path path, FileChannel channel, long told) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        if (channel.read(buffer) < 0) {
            return new LocalFile(channel, 0, false, "");
        }
        Path kept = Files.createTempFile("muxpool", ".copy");
        FileChannel spool = FileChannel.open(
                kept, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        try {
            do {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    spool.write(buffer);
                }
            } while (channel.read(buffer.clear()) >= 0);
            long size = spool.size();
            channel.close();
            String notice = Names.printable(path.toString()) + " tells a size of " + told
                    + " bytes, which is not its size: " + size + " bytes could be read, and were copied";
            return new LocalFile(spool, size, true, notice);
        } catch (IOException | RuntimeException e) {
            spool.close();
            throw e;
        }
    }

    FileChannel channel() {
        return channel;
    }

    long size() {
        return size;
    }

    /** Whether its content was read into a temporary file first, as that of /proc is: the file itself may have changed. */
    boolean isSpooled() {
        return spooled;
    }

    /** What the user should know of its size. */
    Optional<String> told() {
        return told.isEmpty() ? Optional.empty() : Optional.of(told);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
