package io.muxpool.internal.unix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The effective user of this process, which Java does not tell: the owner of what it owns. */
public final class User {
    private static final int ROOT = 0;

    private User() {}

    private record Owner(int id, String name) {
        static Owner of(Path path) throws IOException {
            // /proc/self is a symbolic link; its own owner is the effective user too.
            return new Owner(
                    (int) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS),
                    Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName());
        }
    }

    private static final class Holder {
        static final Owner US = find();
    }

    /** The user id. */
    public static int id() {
        return Holder.US.id;
    }

    /** The name; the id in digits where it has none. */
    public static String name() {
        return Holder.US.name;
    }

    /** Whether nothing can be kept from this user: it is us, or root. */
    public static boolean isTrusted(int id) {
        return id == ROOT || id == id();
    }

    private static Owner find() {
        try {
            try {
                return Owner.of(Path.of("/proc/self"));
            } catch (NoSuchFileException e) {
                // No /proc (macOS, BSD): a file made now is owned by the effective user.
                Path probe = Files.createTempFile("muxpool", ".uid");
                try {
                    return Owner.of(probe);
                } finally {
                    Files.delete(probe);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot find out this process's user id", e);
        }
    }
}
