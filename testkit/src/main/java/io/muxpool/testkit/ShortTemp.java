package io.muxpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A directory of mode 0700 whose path is short, such as {@code /tmp/mpk-x7Gf2q}, deleted with all it holds on
 * {@link #close()}.
 *
 * <p>Short, because the path of a Unix socket must fit into about 100 bytes, and an ssh master adds 17 of its own while
 * it binds. The temporary directories of test frameworks use up half of that. Thread-safe.
 */
public final class ShortTemp implements AutoCloseable {

    /** How every such directory's name begins. */
    public static final String PREFIX = "mpk-";

    /** What ./check tells its own run's directories from those of other runs by, if it runs this. */
    private static final String RUN = Objects.requireNonNullElse(System.getenv("MUXPOOL_CHECK"), "");

    private static final int LONGEST_PARENT = 24;
    private static final int DELETE_ATTEMPTS = 5;
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Names this JVM ever made. Names stay after deletion: a process may outlive the directory it was started in. */
    private static final Set<String> NAMES = ConcurrentHashMap.newKeySet();

    private final Path path;

    private ShortTemp(Path path) {
        this.path = path;
    }

    /**
     * Creates a directory below {@code java.io.tmpdir}, or below {@code /tmp} where that path is itself too long.
     *
     * @throws UncheckedIOException if it cannot be created
     */
    public static ShortTemp create() {
        Path parent = parent();
        while (true) {
            String name = PREFIX + RUN + randomName();
            try {
                Path directory = Files.createDirectory(
                        parent.resolve(name),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                NAMES.add(name);
                return new ShortTemp(directory);
            } catch (FileAlreadyExistsException e) {
                // Taken: draw another name.
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot create a directory in " + parent, e);
            }
        }
    }

    /** The directory, absolute and without symbolic links. */
    public Path path() {
        return path;
    }

    /** A path inside the directory; nothing is created. */
    public Path resolve(String name) {
        return path.resolve(name);
    }

    /**
     * Deletes the directory and everything below it. Symbolic links are deleted, never followed. Harmless when repeated.
     *
     * @throws UncheckedIOException if something cannot be deleted, also because a process goes on creating files
     */
    @Override
    public void close() {
        for (int attempt = 1; ; attempt++) {
            try {
                delete(path);
                return;
            } catch (DirectoryNotEmptyException e) {
                // A process that is just ending may still have written here.
                if (attempt == DELETE_ATTEMPTS) {
                    throw new UncheckedIOException("Something still writes to " + path, e);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot delete " + path, e);
            }
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }

    /** Whether the text mentions a directory that this JVM made, also one that is deleted by now. */
    static boolean mentionedIn(String text) {
        return text.contains(PREFIX) && NAMES.stream().anyMatch(text::contains);
    }

    private static void delete(Path entry) throws IOException {
        try {
            if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                // A test may have taken the permissions away that deleting needs.
                Files.setPosixFilePermissions(entry, PosixFilePermissions.fromString("rwx------"));
                try (DirectoryStream<Path> children = Files.newDirectoryStream(entry)) {
                    for (Path child : children) {
                        delete(child);
                    }
                }
            }
            Files.delete(entry);
        } catch (NoSuchFileException e) {
            // Deleted by its owner, such as a master removing its socket: what we want.
        }
    }

    private static Path parent() {
        Path configured = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
        Path parent = configured.toString().length() <= LONGEST_PARENT ? configured : Path.of("/tmp");
        try {
            return parent.toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException("No temporary directory " + parent, e);
        }
    }

    private static String randomName() {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            name.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
        }
        return name.toString();
    }
}
