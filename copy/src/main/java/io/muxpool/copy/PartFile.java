package io.muxpool.copy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * A part on this side: open, locked, and written to by nobody else.
 *
 * <p>The lock is one of POSIX, which belongs to the process: closing <em>any</em> descriptor of the file in this JVM, even
 * one opened only to find it locked, drops it in silence. So a name is reserved before the file is opened and free once it
 * is closed, and in between nothing here opens the file a second time.
 *
 * <p>The map of names holds JDK types only and hangs on a system property key, so that copies of this class loaded by
 * different class loaders share it. The value of a name that is reserved but not open yet is {@link #RESERVED}.
 */
final class PartFile implements AutoCloseable {
    private static final String KEY = "io.muxpool.copy.parts";
    private static final Object RESERVED = "reserved";
    private static final ConcurrentMap<String, Object> OPEN = shared();
    // Each time the file was made or moved away in between, by another process.
    private static final int ATTEMPTS = 10;

    private final String key;
    private final FileChannel channel;

    private PartFile(String key, FileChannel channel) {
        this.key = key;
        this.channel = channel;
    }

    @SuppressWarnings("unchecked")
    private static ConcurrentMap<String, Object> shared() {
        return (ConcurrentMap<String, Object>)
                System.getProperties().computeIfAbsent(KEY, key -> new ConcurrentHashMap<String, Object>());
    }

    /**
     * Opens the part, makes it when there is none, and locks it.
     *
     * @param part in a directory whose links are resolved
     * @param permissions those of a new one, less what the umask takes away
     * @return null when another copy has it, of this JVM or another process
     */
    static @Nullable PartFile tryOpen(Path part, Set<PosixFilePermission> permissions) throws IOException {
        String key = part.toString();
        if (OPEN.putIfAbsent(key, RESERVED) != null) {
            return null;
        }
        @Nullable FileChannel channel = null;
        boolean kept = false;
        try {
            @Nullable Object found = null;
            for (int i = 0; i < ATTEMPTS && channel == null; i++) {
                found = identity(part);
                channel = found == null ? make(part, permissions) : open(part);
            }
            if (channel == null || found == null) {
                return null;
            }
            OPEN.put(key, channel);
            if (channel.tryLock() == null || !found.equals(identity(part))) {
                // The latter: what was opened is a target by now, and the part gone, or made anew.
                return null;
            }
            kept = true;
            return new PartFile(key, channel);
        } catch (OverlappingFileLockException e) {
            // By another name of the file. Closing this descriptor would drop that lock: it stays open, and reserved.
            kept = true;
            return null;
        } finally {
            if (!kept) {
                close(channel, key);
            }
        }
    }

    /** Opened in the next attempt: only of a file that was there before it is known which one has been opened. */
    private static @Nullable FileChannel make(Path part, Set<PosixFilePermission> permissions) throws IOException {
        Set<OpenOption> anew = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        try {
            FileChannel.open(part, anew, PosixFilePermissions.asFileAttribute(permissions))
                    .close();
        } catch (FileAlreadyExistsException e) {
            // By another process.
        }
        return null;
    }

    private static @Nullable FileChannel open(Path part) throws IOException {
        try {
            return FileChannel.open(part, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException gone) {
            return null;
        }
    }

    /** Which file has that name now; null for none. Looking opens nothing. */
    private static @Nullable Object identity(Path part) throws IOException {
        try {
            BasicFileAttributes found =
                    Files.readAttributes(part, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return found.fileKey() == null ? found.creationTime() : found.fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    FileChannel channel() {
        return channel;
    }

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
            OPEN.remove(key);
        }
    }
}
