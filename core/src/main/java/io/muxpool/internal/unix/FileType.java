package io.muxpool.internal.unix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What lies at a path: one lstat(2), so that a link is a link, whatever it points to. */
public enum FileType {
    /** Nothing. */
    NONE("nothing"),
    /** A regular file. */
    REGULAR("a regular file"),
    /** A real directory. */
    DIRECTORY("a directory"),
    /** A symbolic link. */
    SYMLINK("a symbolic link"),
    /** A Unix domain socket. */
    SOCKET("a socket"),
    /** A pipe or a device. */
    OTHER("a device or pipe");

    private static final int MASK = 0170000;

    private final String words;

    FileType(String words) {
        this.words = words;
    }

    /** Looks. */
    public static FileType of(Path path) throws IOException {
        try {
            return ofMode((int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            return NONE;
        }
    }

    /** From the st_mode of stat(2). */
    public static FileType ofMode(int mode) {
        return switch (mode & MASK) {
            case 0100000 -> REGULAR;
            case 0040000 -> DIRECTORY;
            case 0120000 -> SYMLINK;
            case 0140000 -> SOCKET;
            default -> OTHER;
        };
    }

    /** In words, for a message. */
    @Override
    public String toString() {
        return words;
    }
}
