package io.muxpool.internal.lease;

import io.muxpool.SocketDirectoryException;
import io.muxpool.internal.text.Printable;
import io.muxpool.internal.unix.FileType;
import io.muxpool.internal.unix.User;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Directories that nobody else can reach into: real, ours, mode exactly 0700. Who could write there could put a socket of
 * his own in our way and read every command. Nothing is ever repaired in silence: what is wrong is said.
 */
final class SafeDirectory {
    private static final int STICKY = 01000;
    private static final int WRITABLE_BY_OTHERS = 0022;

    private SafeDirectory() {}

    /**
     * Makes the directory, 0700, when it is missing (its parents too), and checks it.
     *
     * @throws SocketDirectoryException saying what was found and what is needed
     */
    static void ensure(Path directory) {
        try {
            if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
                create(directory);
            }
            check(directory);
        } catch (IOException e) {
            throw new SocketDirectoryException(
                    "cannot create or read socket directory " + show(directory) + ": " + reason(e)
                            + ". Make it writable, free some space, or choose another with socketDir (--socket-dir)",
                    e);
        }
    }

    private static void create(Path directory) throws IOException {
        Path parent = directory.getParent();
        if (parent != null && !Files.exists(parent)) {
            create(parent);
        }
        Set<PosixFilePermission> ours = PosixFilePermissions.fromString("rwx------");
        try {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(ours));
            // Below a setgid directory a new one is setgid too. This one is ours, and new: no silent repair.
            Files.setPosixFilePermissions(directory, ours);
        } catch (FileAlreadyExistsException e) {
            // Another process made it just now; check() will judge it.
            return;
        }
    }

    /** @throws SocketDirectoryException when it is anything but a real directory of ours with mode 0700 */
    static void check(Path directory) throws IOException {
        // A trailing slash would make the kernel follow a link; Path has none, and NOFOLLOW_LINKS is lstat(2).
        int mode = (int) Files.getAttribute(directory, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        int uid = (int) Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        FileType type = FileType.ofMode(mode);
        if (type != FileType.DIRECTORY) {
            throw unsafe(directory, "it is " + type, "a real directory is needed; move it away");
        }
        if (uid != User.id()) {
            throw unsafe(
                    directory,
                    "it belongs to uid " + uid,
                    "it must belong to uid " + User.id() + "; choose a directory of your own");
        }
        if ((mode & 07777) != 0700) {
            throw unsafe(
                    directory,
                    String.format("its mode is %04o", mode & 07777),
                    "mode 0700 is needed: chmod " + change(mode) + " " + show(directory));
        }
    }

    /**
     * Checks what lies above: whoever could rename an ancestor could put another directory in this one's place. A sticky
     * one, such as /tmp, lets nobody but its owner and ours do that. Looked at are both the way as written, where a link
     * may be put in another's place, and where it leads.
     *
     * @throws SocketDirectoryException when one belongs to another than us or root, or others may write to it
     */
    static void checkAncestors(Path directory) {
        try {
            Set<Path> all = new LinkedHashSet<>();
            for (Path way : List.of(directory, directory.toRealPath())) {
                for (Path above = way.getParent(); above != null; above = above.getParent()) {
                    all.add(above);
                }
            }
            for (Path above : all) {
                checkAncestor(directory, above);
            }
        } catch (IOException e) {
            throw new SocketDirectoryException(
                    "cannot look at what is above socket directory " + show(directory) + ": " + reason(e), e);
        }
    }

    static void checkAncestor(Path directory, Path above) throws IOException {
        int mode = (int) Files.getAttribute(above, "unix:mode");
        int uid = (int) Files.getAttribute(above, "unix:uid");
        if (!User.isTrusted(uid)) {
            throw unsafe(
                    directory,
                    show(above) + " above it belongs to uid " + uid,
                    "everything above it must belong to root or to uid " + User.id());
        }
        if ((mode & WRITABLE_BY_OTHERS) != 0 && (mode & STICKY) == 0) {
            throw unsafe(
                    directory,
                    String.format(
                            "%s above it has mode %04o, so that others may write there", show(above), mode & 07777),
                    "nobody else may: chmod go-w " + show(above));
        }
    }

    /** GNU chmod leaves a directory's special bits alone unless they are named. */
    private static String change(int mode) {
        return (mode & 07000) == 0 ? "700" : "u=rwx,go=,a-s,-t";
    }

    private static SocketDirectoryException unsafe(Path directory, String found, String needed) {
        return new SocketDirectoryException(
                "socket directory " + show(directory) + " is not safe: " + found + "; " + needed
                        + ", or choose another with socketDir (--socket-dir)",
                null);
    }

    /** Runs an action; what it says of an unsafe directory is completed by what would work here. */
    static void orElsewhere(Runnable action) {
        try {
            action.run();
        } catch (SocketDirectoryException e) {
            @Nullable Path other = Elsewhere.find();
            throw new SocketDirectoryException(
                    e.getMessage()
                            + (other == null
                                    ? ". No other place is safe here: go without warm connections, with"
                                            + " reuseConnection(false) (--no-reuse)"
                                    : ", such as " + show(other)),
                    e.getCause(),
                    other);
        }
    }

    /** An IOException's message is often just the path; its class says what it was. */
    static String reason(IOException e) {
        String name = e.getClass().getSimpleName();
        return e.getClass() == IOException.class ? String.valueOf(e.getMessage()) : name + ": " + e.getMessage();
    }

    static String show(Path path) {
        return Printable.of(path.toString());
    }
}
