package io.muxpool.internal.lease;

import io.muxpool.internal.unix.FileType;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An open, locked, empty file. The only place that opens one: see {@link LockRegistry} for why.
 *
 * <p>Its channel is opened, locked and closed, and nothing else: NIO closes the channel of a thread that is interrupted in
 * a read or a write, and with it would go the lock, in silence. Opening and {@code tryLock} are not interruptible. What is
 * to be read about a lease is in a file of its own, {@link OwnerNote}.
 */
final class LockFile implements AutoCloseable {
    private static final Logger LOG = System.getLogger("io.muxpool.lease");

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

    /** Somebody has it, in this process or another. */
    record Held() implements Attempt {}

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
            return new Held();
        }
        @Nullable FileChannel channel = null;
        boolean kept = false;
        try {
            Path path = directory.resolve(name);
            if (!create && FileType.of(path) != FileType.REGULAR) {
                return new Gone();
            }
            channel = open(path, create);
            LockRegistry.hold(key, channel);
            if (channel.tryLock() == null) {
                return new Held();
            }
            kept = true;
            return new Locked(new LockFile(key, channel));
        } catch (NoSuchFileException e) {
            return new Gone();
        } catch (OverlappingFileLockException e) {
            // Somebody in this JVM locked it past the registry. Closing our descriptor would drop his lock: park it.
            kept = true;
            LOG.log(Level.WARNING, "lock file {0} is locked by this JVM outside the registry; left alone", name);
            return new Held();
        } finally {
            if (!kept) {
                close(channel, key);
            }
        }
    }

    private static FileChannel open(Path path, boolean create) throws IOException {
        if (!create) {
            return FileChannel.open(path, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        }
        Set<OpenOption> anew = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        return FileChannel.open(
                path, anew, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
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
}
