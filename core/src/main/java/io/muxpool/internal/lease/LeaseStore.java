package io.muxpool.internal.lease;

import io.muxpool.SocketDirectoryException;
import io.muxpool.internal.unix.FileType;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The leases of one pool, shared by every process of this user that opens the same pool.
 *
 * <pre>
 *              create            acquire              release
 *   (nothing) -------> used/ --------------+ free/ <----------- used/
 *                        ^    lock, move   |                      |
 *                        +-----------------+      owner died:     v
 *                                            salvage = lock what lies unlocked in used/
 * </pre>
 *
 * The lock is the truth, the directory a hint. At whatever step a process dies, the next one finds a file it can lock.
 */
public final class LeaseStore {
    private static final Logger LOG = System.getLogger("io.muxpool.lease");
    private static final Duration LEAST_STALE_AGE = Duration.ofMinutes(90);
    private static final Duration FOREIGN_AGE = Duration.ofDays(7);
    private static final int CREATE_TRIES = 100;
    private static final String CONFIG = "config";
    private static final int MOST_CONFIG = 64 * 1024;
    private static final String SERVER = "server";
    private static final int MOST_SERVER = 4096;
    private static final Duration SERVER_BELIEVED = Duration.ofDays(1);

    /** Loaded for a new lease only: a process that takes over a warm one need not wait for it. */
    private static final class Randomness {
        static final SecureRandom RANDOM = new SecureRandom();
    }

    private final Namespace namespace;
    private final Duration staleAge;
    /** May jump: it says only which masters are too old to be tried, never whose a lease is. */
    private final InstantSource clock;

    /**
     * @param root the socket directory
     * @param mode which transport the masters serve: masters of different modes are never mixed
     * @param description names the pool: {@code location#remote#pool}
     * @param persist how long an idle master lives
     */
    public LeaseStore(Path root, String mode, String description, Duration persist) {
        this(root, mode, description, persist, InstantSource.system());
    }

    LeaseStore(Path root, String mode, String description, Duration persist, InstantSource clock) {
        this.clock = clock;
        this.namespace = new Namespace(root.toAbsolutePath().normalize(), mode, description);
        Duration twice = persist.multipliedBy(2).plusSeconds(2);
        this.staleAge = twice.compareTo(LEAST_STALE_AGE) > 0 ? twice : LEAST_STALE_AGE;
    }

    /**
     * Takes a lease, never waiting: a free one, else one whose owner died, else a new one.
     *
     * @throws SocketDirectoryException when the directories are unsafe, too deep or not writable
     */
    public Lease acquire() {
        return prepared(() -> {
            Optional<Lease> found = scan(namespace.free());
            if (found.isEmpty()) {
                found = scan(namespace.used());
            }
            return found.isPresent() ? found.get() : create();
        });
    }

    @FunctionalInterface
    private interface Taking {
        Lease take() throws IOException;
    }

    private Lease prepared(Taking taking) {
        if (!Files.exists(namespace.directory(), LinkOption.NOFOLLOW_LINKS)) {
            // A connection is about to be made where none was: time to clear away what led elsewhere.
            AbandonedNamespaces.remove(namespace.directory(), clock.instant());
        }
        ensureDirectories();
        try {
            return taking.take();
        } catch (IOException e) {
            throw new SocketDirectoryException(
                    "cannot take a lease in " + SafeDirectory.show(namespace.directory()) + ": "
                            + SafeDirectory.reason(e)
                            + ". The file system must be writable and support POSIX locks; else choose another place"
                            + " with socketDir (--socket-dir)",
                    e);
        }
    }

    private void ensureDirectories() {
        namespace.requireWithinBudget();
        SafeDirectory.orElsewhere(() -> {
            SafeDirectory.ensure(namespace.root());
            SafeDirectory.checkAncestors(namespace.root());
        });
        // The first of them is the root.
        namespace.directories().stream().skip(1).forEach(SafeDirectory::ensure);
    }

    /** Makes a new lease, whatever warm ones there are. */
    public Lease acquireNew() {
        return prepared(this::create);
    }

    /** Removes the pool's own directories when its leases are gone, and nobody will open it again. */
    public void removeDirectories() {
        List<Path> own = new ArrayList<>(namespace.directories());
        // The first two are those of all pools.
        own.subList(0, 2).clear();
        Collections.reverse(own);
        for (Path directory : own) {
            try {
                Files.deleteIfExists(directory);
            } catch (IOException e) {
                LOG.log(Level.DEBUG, directory + " stays", e);
            }
        }
    }

    /** Sessions that the server was seen to allow on one connection, by whoever met the limit within the last day. */
    public OptionalInt learnedSessions() {
        return SessionsHint.read(namespace.directory());
    }

    /** Leaves a note of the sessions that the server allows on one connection. A hint: failing to is no failure. */
    public void learnSessions(int sessions) {
        SessionsHint.write(namespace.directory(), sessions);
    }

    /** What an earlier process found out about the server, within the last day; see {@link #keepServer}. */
    public Optional<String> keptServer() {
        return Note.read(namespace.directory(), SERVER, MOST_SERVER)
                .filter(note ->
                        Duration.between(note.written(), clock.instant()).compareTo(SERVER_BELIEVED) < 0)
                .map(Note::text);
    }

    /** Leaves a note of what was found out about the server. A hint: failing to is no failure. */
    public void keepServer(String note) {
        Note.write(namespace.directory(), SERVER, note);
    }

    /** What was kept last by {@link #keepConfig}; nothing where others might have written it. */
    public Optional<String> keptConfig() {
        try {
            return isSafe()
                    ? Note.read(namespace.directory(), CONFIG, MOST_CONFIG).map(Note::text)
                    : Optional.empty();
        } catch (SocketDirectoryException e) {
            // Taking a lease will say so.
            return Optional.empty();
        }
    }

    /** The kind of the account's login shell, learned within the last day; nothing where others might have written it. */
    public Optional<String> learnedShell() {
        try {
            return isSafe() ? ShellHint.read(namespace.directory()) : Optional.empty();
        } catch (SocketDirectoryException e) {
            // Taking a lease will say so.
            return Optional.empty();
        }
    }

    /** Leaves a note of the kind of the account's login shell. A hint: failing to is no failure. */
    public void learnShell(String shell) {
        try {
            ensureDirectories();
            ShellHint.write(namespace.directory(), shell);
        } catch (SocketDirectoryException e) {
            LOG.log(Level.DEBUG, "no login shell is noted in " + namespace.directory(), e);
        }
    }

    private boolean isSafe() {
        if (!Files.exists(namespace.directory(), LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        ensureDirectories();
        return true;
    }

    /** Keeps a note of the pool's ssh configuration for the next process. A hint: failing to is no failure. */
    public void keepConfig(String note) {
        try {
            ensureDirectories();
            Note.write(namespace.directory(), CONFIG, note);
        } catch (SocketDirectoryException e) {
            LOG.log(Level.DEBUG, "nothing is kept in " + namespace.directory(), e);
        }
    }

    /** Takes this lease and no other, if nobody holds it. Prunes it when it is stale. */
    Optional<Lease> takeNamed(String name) throws IOException {
        Optional<Lease> taken = take(namespace.free(), name);
        return taken.isPresent() ? taken : take(namespace.used(), name);
    }

    private Optional<Lease> scan(Path directory) throws IOException {
        for (Path candidate : Listing.of(directory, "s")) {
            Optional<Lease> taken = take(directory, candidate.getFileName().toString());
            if (taken.isPresent()) {
                return taken;
            }
        }
        return Optional.empty();
    }

    private Optional<Lease> take(Path directory, String name) throws IOException {
        if (!(LockFile.tryOpen(directory, name, key(name), false) instanceof LockFile.Locked locked)) {
            return Optional.empty();
        }
        LockFile lock = locked.file();
        boolean kept = false;
        try {
            if (isOfAnotherMachine(name)) {
                return Optional.empty();
            }
            if (!moveToUsed(directory, name)) {
                return Optional.empty();
            }
            switch (judge(name)) {
                case USABLE -> {
                    boolean suspect = RunningMark.isSet(namespace.sockets().resolve(name));
                    Lease.sweep(namespace, name);
                    Lease lease = new Lease(namespace, name, lock, suspect);
                    OwnerNote.write(lease.socket(), namespace.description());
                    kept = true;
                    return Optional.of(lease);
                }
                case STALE -> Lease.prune(namespace, namespace.used(), name);
                case FOREIGN ->
                    LOG.log(
                            Level.WARNING,
                            "{0} is not a socket; it is left alone and another lease is used. Remove it if it is not"
                                    + " yours",
                            SafeDirectory.show(namespace.sockets().resolve(name)));
            }
            return Optional.empty();
        } finally {
            if (!kept) {
                lock.close();
            }
        }
    }

    /** Whether the file that we locked is now in used/. It may have been moved or removed before we got the lock. */
    private boolean moveToUsed(Path directory, String name) throws IOException {
        Path used = namespace.used().resolve(name);
        if (directory.equals(namespace.used())) {
            return Files.exists(used, LinkOption.NOFOLLOW_LINKS);
        }
        // Nobody can put one there meanwhile: that takes the lock of this name, which is ours.
        if (Files.exists(used, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try {
            Files.move(directory.resolve(name), used, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /**
     * Whether the socket may belong to a master of another machine that has the same home (NFS). Its file is here, and a
     * connect to it fails as if it were dead; to remove it would cut that master off. It is left alone, at least for a week
     * after its last use.
     */
    private boolean isOfAnotherMachine(String name) throws IOException {
        Path socket = namespace.sockets().resolve(name);
        if (FileType.of(socket) != FileType.SOCKET
                || OwnerNote.read(socket).machine().isCurrent()) {
            return false;
        }
        boolean old = age(socket).compareTo(staleAge) > 0 && age(socket).compareTo(FOREIGN_AGE) > 0;
        if (!old) {
            LOG.log(Level.DEBUG, "{0} is another machine''s; it is left alone", socket);
        }
        return !old;
    }

    private Duration age(Path socket) throws IOException {
        FileTime touched = Files.getLastModifiedTime(socket, LinkOption.NOFOLLOW_LINKS);
        // A time in the future makes the age negative, which is fresh.
        return Duration.between(touched.toInstant(), clock.instant());
    }

    private enum Verdict {
        USABLE,
        STALE,
        FOREIGN
    }

    private Verdict judge(String name) throws IOException {
        Path socket = namespace.sockets().resolve(name);
        FileType type = FileType.of(socket);
        if (type != FileType.SOCKET) {
            return type == FileType.NONE ? Verdict.STALE : Verdict.FOREIGN;
        }
        return age(socket).compareTo(staleAge) > 0 ? Verdict.STALE : Verdict.USABLE;
    }

    private Lease create() throws IOException {
        for (int i = 0; i < CREATE_TRIES; i++) {
            String name = newName();
            try {
                LockFile.Attempt attempt = LockFile.tryOpen(namespace.used(), name, key(name), true);
                if (attempt instanceof LockFile.Locked locked) {
                    // Between our making it and our locking it, a scan may have locked and pruned it.
                    if (Files.exists(namespace.used().resolve(name), LinkOption.NOFOLLOW_LINKS)) {
                        Lease lease = new Lease(namespace, name, locked.file(), false);
                        OwnerNote.write(lease.socket(), namespace.description());
                        return lease;
                    }
                    locked.file().close();
                }
            } catch (FileAlreadyExistsException e) {
                LOG.log(Level.DEBUG, "64 random bits came twice: {0}", name);
            }
        }
        throw new IOException("no new lease could be kept in " + CREATE_TRIES + " tries");
    }

    private String key(String name) throws IOException {
        return key(namespace.directory(), name);
    }

    /** The same for every path that leads there, and for the file in free/ and in used/. */
    static String key(Path directory, String name) throws IOException {
        return directory.toRealPath().resolve(name).toString();
    }

    private static String newName() throws IOException {
        byte[] bits = new byte[Long.BYTES];
        try {
            Randomness.RANDOM.nextBytes(bits);
        } catch (ProviderException e) {
            throw new IOException("no random bits for a name: " + e.getMessage(), e);
        }
        return "s" + Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
    }
}
