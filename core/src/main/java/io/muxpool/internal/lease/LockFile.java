package io.muxpool.internal.lease;

import io.muxpool.internal.file.FileType;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An open, locked lock file. The only place that opens one: see {@link LockRegistry} for why. Its text says whose it is,
 * for people; the lock alone is the truth.
 */
final class LockFile implements AutoCloseable {
    private static final Logger LOG = System.getLogger("io.muxpool.lease");
    private static final int MAX_TEXT = 4096;

    private final String key;
    private final FileChannel channel;

    private LockFile(String key, FileChannel channel) {
        this.key = key;
        this.channel = channel;
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
        @Nullable FileChannel channel = null;
        boolean kept = false;
        try {
            Path path = directory.resolve(name);
            if (!create && FileType.of(path) != FileType.REGULAR) {
                return new Gone();
            }
            channel = create
                    ? FileChannel.open(
                            path,
                            Set.<OpenOption>of(
                                    StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                    : FileChannel.open(
                            path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
            LockRegistry.hold(key, channel);
            if (channel.tryLock() == null) {
                return new Held(read(channel), false);
            }
            kept = true;
            return new Locked(new LockFile(key, channel));
        } catch (NoSuchFileException e) {
            return new Gone();
        } catch (OverlappingFileLockException e) {
            // Somebody in this JVM locked it past the registry. Closing our descriptor would drop his lock: park it.
            kept = true;
            LOG.log(Level.WARNING, "lock file {0} is locked by this JVM outside the registry; left alone", name);
            return new Held("", true);
        } finally {
            if (!kept) {
                close(channel, key);
            }
        }
    }

    /** What a file held in this JVM says, read through the descriptor it is held by; empty when it is not held here. */
    static Optional<String> readHere(String key) throws IOException {
        Optional<FileChannel> channel = LockRegistry.channel(key);
        return channel.isPresent() ? Optional.of(read(channel.get())) : Optional.empty();
    }

    String text() throws IOException {
        return read(channel);
    }

    /** Replaces the text. A full disk costs only the text: the lock holds without it. */
    void write(String text) {
        try {
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "cannot note the owner in a lock file", e);
        }
    }

    /** Unlocks and closes, then gives the name back. */
    @Override
    public void close() throws IOException {
        close(channel, key);
    }

    private static void close(@Nullable FileChannel channel, String key) throws IOException {
        try {
            if (channel != null) {
                channel.close();
            }
        } finally {
            LockRegistry.free(key);
        }
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(MAX_TEXT);
        while (text.hasRemaining() && channel.read(text, text.position()) > 0) {}
        return new String(text.array(), 0, text.position(), StandardCharsets.UTF_8);
    }
}
