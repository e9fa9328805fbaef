package io.muxpool.internal.lease;

import io.muxpool.internal.unix.FileType;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Removes the directories of namespaces that nobody will ask for again. A namespace is named by what leads to a server, so
 * that each edit of a configuration and each renewed certificate makes another one. Only those are removed in which
 * nothing has been taken or given back for a day, and which have no lease that somebody holds or that has a socket.
 */
final class AbandonedNamespaces {
    private static final Logger LOG = System.getLogger("io.muxpool.lease");
    private static final Duration AGE = Duration.ofDays(1);
    private static final List<String> STATES = List.of("free", "used");

    private AbandonedNamespaces() {}

    /** Looks at the neighbours of {@code current}. That one cannot be removed is no failure. */
    static void remove(Path current, Instant now) {
        Path mode = current.getParent();
        if (mode == null || !Files.isDirectory(mode, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            SafeDirectory.check(mode);
            for (Path namespace : Listing.of(mode, "")) {
                if (!namespace.equals(current) && isOld(namespace, now)) {
                    remove(namespace);
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.DEBUG, "old directories in " + mode + " stay", e);
        }
    }

    private static boolean isOld(Path namespace, Instant now) throws IOException {
        // The configuration that is kept there is another thing, whose directory has no leases.
        if (FileType.of(namespace) != FileType.DIRECTORY
                || Files.exists(namespace.resolve("config"), LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        for (String state : STATES) {
            Path directory = namespace.resolve(state);
            if (FileType.of(directory) != FileType.DIRECTORY
                    || Files.getLastModifiedTime(directory, LinkOption.NOFOLLOW_LINKS)
                            .toInstant()
                            .isAfter(now.minus(AGE))) {
                return false;
            }
        }
        return true;
    }

    private static void remove(Path namespace) throws IOException {
        Path sockets = namespace.resolve("c");
        for (String state : STATES) {
            for (Path file : Listing.of(namespace.resolve(state), "s")) {
                if (!removeLease(
                        namespace, namespace.resolve(state), file.getFileName().toString(), sockets)) {
                    return;
                }
            }
        }
        for (String state : STATES) {
            Files.deleteIfExists(namespace.resolve(state));
        }
        Files.deleteIfExists(sockets);
        for (Path file : Listing.of(namespace, "")) {
            Files.deleteIfExists(file);
        }
        Files.deleteIfExists(namespace);
    }

    /** Removes the lease when nobody holds it and it has no socket; returns whether it was removed. */
    private static boolean removeLease(Path namespace, Path state, String name, Path sockets) throws IOException {
        if (!(LockFile.tryOpen(state, name, LeaseStore.key(namespace, name), false)
                instanceof LockFile.Locked locked)) {
            return false;
        }
        try (LockFile lock = locked.file()) {
            if (FileType.of(sockets.resolve(name)) != FileType.NONE) {
                return false;
            }
            for (Path litter : Listing.of(sockets, name + ".")) {
                Files.deleteIfExists(litter);
            }
            Files.deleteIfExists(state.resolve(name));
            return true;
        }
    }
}
