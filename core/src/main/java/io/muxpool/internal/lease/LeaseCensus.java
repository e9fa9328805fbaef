package io.muxpool.internal.lease;

import io.muxpool.SocketDirectoryException;
import io.muxpool.internal.unix.FileType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** A look at every lease under a socket directory, whoever's. Makes nothing, moves nothing, disturbs no owner. */
public final class LeaseCensus {
    private LeaseCensus() {}

    /**
     * One lease as it was seen.
     *
     * @param pool what its namespace stands for: {@code location#remote#pool}; empty when there is no note
     * @param held whether a process holds it now
     * @param owner that process, as far as is noted
     */
    public record Entry(
            Path root, String mode, String hash, String name, String pool, boolean held, OptionalLong owner) {
        /** Where its control socket is. */
        public Path socket() {
            return directory().resolve("c").resolve(name);
        }

        private Path directory() {
            return root.resolve(mode).resolve(hash);
        }
    }

    /**
     * All leases under {@code root}; none when there is no such directory.
     *
     * @throws SocketDirectoryException when the root is unsafe or cannot be read
     */
    public static List<Entry> take(Path root) {
        Path absolute = root.toAbsolutePath().normalize();
        List<Entry> entries = new ArrayList<>();
        if (!Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
            return entries;
        }
        try {
            SafeDirectory.check(absolute);
            for (Path mode : directories(absolute)) {
                for (Path namespace : directories(mode)) {
                    for (String state : List.of("used", "free")) {
                        addAll(absolute, mode, namespace, namespace.resolve(state), entries);
                    }
                }
            }
        } catch (IOException e) {
            throw new SocketDirectoryException(
                    "cannot read socket directory " + SafeDirectory.show(absolute) + ": " + SafeDirectory.reason(e), e);
        }
        return entries;
    }

    /**
     * Says whether sockets under {@code root} have paths that fit.
     *
     * @return how much of the room they take, in plain words
     * @throws SocketDirectoryException when they do not
     */
    public static String inspectPath(Path root, String mode) {
        return new Namespace(root.toAbsolutePath().normalize(), mode, "").requireWithinBudget();
    }

    /**
     * Says whether every directory under {@code root} is safe.
     *
     * @return what was found, in plain words
     * @throws SocketDirectoryException when one is not
     */
    public static String inspectDirectories(Path root) {
        Path absolute = root.toAbsolutePath().normalize();
        String shown = SafeDirectory.show(absolute);
        try {
            if (FileType.of(absolute) == FileType.NONE) {
                return shown + " is not there yet; the first command makes it, with mode 0700";
            }
            int count = 1;
            SafeDirectory.check(absolute);
            for (Path mode : children(absolute)) {
                SafeDirectory.check(mode);
                count++;
                for (Path namespace : children(mode)) {
                    SafeDirectory.check(namespace);
                    count++;
                    for (Path state : children(namespace)) {
                        // The notes beside them are files, which nobody else reaches.
                        if (FileType.of(state) != FileType.REGULAR) {
                            SafeDirectory.check(state);
                            count++;
                        }
                    }
                }
            }
            return shown + " and all below it (" + count + (count == 1 ? " directory)" : " directories)")
                    + " are yours alone, mode 0700";
        } catch (IOException e) {
            throw new SocketDirectoryException("cannot read " + shown + ": " + SafeDirectory.reason(e), e);
        }
    }

    /** Takes hold of a lease that nobody holds, to end it; empty when somebody does, or it is gone. */
    public static Optional<Lease> takeIdle(Entry entry) {
        Namespace namespace = new Namespace(entry.root, entry.mode, entry.pool);
        if (!namespace.directory().equals(entry.directory())) {
            // There is no note of which pool it is: too little to act on.
            return Optional.empty();
        }
        try {
            return new LeaseStore(entry.root, entry.mode, entry.pool, Duration.ofDays(36500)).takeNamed(entry.name);
        } catch (IOException e) {
            throw new SocketDirectoryException(
                    "cannot lock the lease of " + SafeDirectory.show(entry.socket()) + ": " + SafeDirectory.reason(e),
                    e);
        }
    }

    private static void addAll(Path root, Path mode, Path namespace, Path directory, List<Entry> entries)
            throws IOException {
        if (FileType.of(directory) != FileType.DIRECTORY) {
            return;
        }
        for (Path file : Listing.of(directory, "s")) {
            String name = file.getFileName().toString();
            LockFile.Attempt attempt = LockFile.tryOpen(directory, name, LeaseStore.key(namespace, name), false);
            if (attempt instanceof LockFile.Gone) {
                continue;
            }
            boolean held = attempt instanceof LockFile.Held;
            if (attempt instanceof LockFile.Locked locked) {
                locked.file().close();
            }
            OwnerNote note = OwnerNote.read(namespace.resolve("c").resolve(name));
            entries.add(new Entry(
                    root,
                    mode.getFileName().toString(),
                    namespace.getFileName().toString(),
                    name,
                    note.pool(),
                    held,
                    held ? note.pid() : OptionalLong.empty()));
        }
    }

    private static List<Path> directories(Path parent) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path child : children(parent)) {
            if (FileType.of(child) == FileType.DIRECTORY) {
                found.add(child);
            }
        }
        return found;
    }

    private static List<Path> children(Path parent) throws IOException {
        List<Path> found = Listing.of(parent, "");
        found.sort(null);
        return found;
    }
}
