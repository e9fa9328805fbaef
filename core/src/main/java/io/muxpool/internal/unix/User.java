package io.muxpool.internal.unix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;

/** The effective user of this process, which Java does not tell. */
public final class User {
    private static final int ROOT = 0;

    private User() {}

    private static final class Holder {
        static final int ID = find();
    }

    /** Looked up once: a directory service may be asked for it. */
    private static final class Trusted {
        static final List<UserPrincipal> PRINCIPALS = List.of(principal(id()), principal(ROOT));
    }

    /** The user id. */
    public static int id() {
        return Holder.ID;
    }

    /** Whether nothing can be kept from this user: it is us, or root. */
    public static boolean isTrusted(int id) {
        return id == ROOT || id == id();
    }

    /** The same by what Java tells of a file or a socket, which compares ids and not names. */
    static boolean isTrusted(UserPrincipal user) {
        return Trusted.PRINCIPALS.contains(user);
    }

    /** Java finds a user by name, and by the id in digits where no name is so. */
    static UserPrincipal principal(int id) {
        try {
            return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(Integer.toString(id));
        } catch (IOException e) {
            throw new UncheckedIOException("user " + id + " cannot be looked up", e);
        }
    }

    private static int find() {
        try {
            return onLinux(Files.readAllLines(Path.of("/proc/self/status")));
        } catch (NoSuchFileException e) {
            return ofNewFile();
        } catch (IOException e) {
            throw unknown(e);
        }
    }

    /** Its line {@code Uid:} has the real, the effective and more. The link /proc/self is always root's. */
    private static int onLinux(List<String> status) {
        return status.stream()
                .filter(line -> line.startsWith("Uid:"))
                .map(line -> Integer.parseInt(line.split("\\s+", -1)[2]))
                .findFirst()
                .orElseGet(User::ofNewFile);
    }

    /** No /proc (macOS, BSD): a file made now is owned by the effective user. */
    private static int ofNewFile() {
        try {
            Path probe = Files.createTempFile("muxpool", ".uid");
            try {
                return (int) Files.getAttribute(probe, "unix:uid");
            } finally {
                Files.delete(probe);
            }
        } catch (IOException e) {
            throw unknown(e);
        }
    }

    private static UncheckedIOException unknown(IOException e) {
        return new UncheckedIOException("cannot find out this process's user id", e);
    }
}
