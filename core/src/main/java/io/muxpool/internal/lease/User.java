package io.muxpool.internal.lease;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The effective user id, which Java does not tell: the owner of what this process owns. */
final class User {
    private User() {}

    private static final class Holder {
        static final int ID = find();
    }

    static int id() {
        return Holder.ID;
    }

    private static int find() {
        try {
            try {
                return owner(Path.of("/proc/self"));
            } catch (NoSuchFileException e) {
                // No /proc (macOS, BSD): a file made now is owned by the effective user.
                Path probe = Files.createTempFile("muxpool", ".uid");
                try {
                    return owner(probe);
                } finally {
                    Files.delete(probe);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot find out this process's user id", e);
        }
    }

    private static int owner(Path path) throws IOException {
        // /proc/self is a symbolic link; its own owner is the effective user too.
        return (int) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }
}
