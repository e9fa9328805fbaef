package io.muxpool.internal.lease;

import io.muxpool.internal.file.FileType;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An open, locked lock file. The only place that opens one: see {@link LockRegistry} for why. Its text says whose it is,
 * for people; the lock alone is the truth.
 *
 * <p>Read and written as a {@link RandomAccessFile}, never through its channel: NIO closes a channel when its thread is
 * interrupted, and with it would go the lock, in silence. The channel is there for {@code tryLock}, which is not
 * interruptible.
 */
final class LockFile implements AutoCloseable {
    private static final Logger LOG = System.getLogger("io.muxpool.lease");
    private static final int MAX_TEXT = 4096;

    private final String key;
    private final RandomAccessFile file;

    private LockFile(String key, RandomAccessFile file) {
        this.key = key;
        this.file = file;
    }

    /** What {@link #tryOpen} found. */
    sealed interface Attempt {}

    /** The lock is ours. */
    record Locked(LockFile file) implements Attempt {}

    /** Somebody has it; the text is what the file says, empty when it is somebody in this JVM. */
    record Held(String text, boolean here) implements Attempt {}

    /** There is no such file, or none that could be a lock. */
    record Gone() implements Attempt {}

    /**
     * Opens and locks without waiting.
     *
     * @param directory where the file is now
     * @param key what names it wherever it is moved to, unique in this JVM
     * @param create make the file, which must not exist yet
     */
    static Attempt tryOpen(Path directory, String name, String key, boolean create) throws IOException {
        if (!LockRegistry.reserve(key)) {
            return new Held("", true);
        }
        @Nullable RandomAccessFile file = null;
        boolean kept = false;
        try {
            Path path = directory.resolve(name);
            if (create) {
                Files.createFile(
                        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            } else if (FileType.of(path) != FileType.REGULAR) {
                return new Gone();
            }
            file = new RandomAccessFile(path.toFile(), "rw");
            LockRegistry.hold(key, file);
            if (file.getChannel().tryLock() == null) {
                return new Held(read(file), false);
            }
            kept = true;
            return new Locked(new LockFile(key, file));
        } catch (FileNotFoundException e) {
            if (Files.exists(directory.resolve(name))) {
                throw e;
            }
            return new Gone();
        } catch (OverlappingFileLockException e) {
            // Somebody in this JVM locked it past the registry. Closing our descriptor would drop his lock: park it.
            kept = true;
            LOG.log(Level.WARNING, "lock file {0} is locked by this JVM outside the registry; left alone", name);
            return new Held("", true);
        } finally {
            if (!kept) {
                close(file, key);
            }
        }
    }

    /** What a file held in this JVM says, read through the descriptor it is held by; empty when it is not held here. */
    static Optional<String> readHere(String key) throws IOException {
        Optional<RandomAccessFile> file = LockRegistry.file(key);
        return file.isPresent() ? Optional.of(read(file.get())) : Optional.empty();
    }

    String text() throws IOException {
        return read(file);
    }

    /** Replaces the text. A full disk costs only the text: the lock holds without it. */
    void write(String text) {
        try {
            synchronized (file) {
                file.setLength(0);
                file.seek(0);
                file.write(text.getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "cannot note the owner in a lock file", e);
        }
    }

    /** Unlocks and closes, then gives the name back. */
    @Override
    public void close() throws IOException {
        close(file, key);
    }

    private static void close(@Nullable RandomAccessFile file, String key) throws IOException {
        try {
            if (file != null) {
                file.close();
            }
        } finally {
            LockRegistry.free(key);
        }
    }

    // A small local file: the monitor is there for the position, which readers and the writer share.
    private static String read(RandomAccessFile file) throws IOException {
        byte[] text = new byte[MAX_TEXT];
        int size = 0;
        synchronized (file) {
            file.seek(0);
            for (int n; size < text.length && (n = file.read(text, size, text.length - size)) > 0; ) {
                size += n;
            }
        }
        return new String(text, 0, size, StandardCharsets.UTF_8);
    }
}
