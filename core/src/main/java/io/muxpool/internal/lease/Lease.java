package io.muxpool.internal.lease;

import io.muxpool.SocketDirectoryException;
import io.muxpool.internal.unix.FileType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The right to one control socket path, exclusive across processes as long as it is held: the lock file lies in {@code
 * used} and is locked. Thread-safe; ends once, by {@link #release} or {@link #discard}.
 */
public final class Lease {
    /** The suffix of the file that holds ssh's log of a master's login. */
    private static final String LOGIN = ".login";

    private final Namespace namespace;
    private final String name;
    private final LockFile lock;
    private final boolean suspect;
    private final RunningMark running;
    private final AtomicBoolean ended = new AtomicBoolean();

    /** @param suspect whether the process that held it before was killed while commands of its ran */
    Lease(Namespace namespace, String name, LockFile lock, boolean suspect) {
        this.namespace = namespace;
        this.name = name;
        this.lock = lock;
        this.suspect = suspect;
        this.running = RunningMark.create(socket());
    }

    /**
     * Whether the process that held this lease before ended while commands of its ran. Their channels are half closed then,
     * and a server that sends keepalives to one of them (ClientAliveInterval) drops the connection when nobody answers. Such
     * a master must not serve new commands.
     */
    public boolean isSuspect() {
        return suspect;
    }

    /** Returns the counter of the commands that run over this lease's master. */
    public RunningMark running() {
        return running;
    }

    /** Where the master's control socket is, or is to be. */
    public Path socket() {
        return namespace.sockets().resolve(name);
    }

    /** Marks the master as in use now: cleaning goes by the socket's modification time. A missing socket is no error. */
    public void touch() {
        try {
            // This is the socket, never the lock file: setting a time opens the file, and closing it drops its locks.
            Files.setLastModifiedTime(socket(), FileTime.from(Instant.now()));
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw failed("touch", e);
        }
    }

    /**
     * Gives the path back, its master warm, to whoever comes next. Only the first end of a lease does anything.
     *
     * @throws SocketDirectoryException when the lock file could not be moved; it is unlocked all the same
     */
    public void release() {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        try (lock) {
            Path free = namespace.free().resolve(name);
            if (!Files.exists(free, LinkOption.NOFOLLOW_LINKS)) {
                Files.move(namespace.used().resolve(name), free, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw failed("release", e);
        }
    }

    /** Gives the path up for good: socket and lock file are removed. A master that still listens there is cut off. */
    public void discard() {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        try (lock) {
            prune(namespace, namespace.used(), name);
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw failed("discard", e);
        }
    }

    /** Removes what a name has left, the lock file last, while it is locked. What is not ours to remove stays. */
    static void prune(Namespace namespace, Path directory, String name) throws IOException {
        Path socket = namespace.sockets().resolve(name);
        if (FileType.of(socket) == FileType.SOCKET) {
            Files.deleteIfExists(socket);
        }
        sweep(namespace, name);
        Files.deleteIfExists(socket.resolveSibling(name + LOGIN));
        Files.deleteIfExists(directory.resolve(name));
    }

    /** Removes the owner's note, sockets that ssh had bound but not moved into place, logs that nobody lived to remove. */
    static void sweep(Namespace namespace, String name) throws IOException {
        for (Path litter : Listing.of(namespace.sockets(), name + ".")) {
            // The log of a master's login is the master's as long as its socket is there.
            if (!litter.getFileName().toString().endsWith(LOGIN)) {
                Files.deleteIfExists(litter);
            }
        }
    }

    private SocketDirectoryException failed(String what, IOException e) {
        return new SocketDirectoryException(
                "cannot " + what + " the lease of " + SafeDirectory.show(socket()) + ": " + SafeDirectory.reason(e), e);
    }

    @Override
    public String toString() {
        return "Lease[" + SafeDirectory.show(socket()) + "]";
    }
}
