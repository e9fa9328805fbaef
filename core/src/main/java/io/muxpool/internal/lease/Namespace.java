package io.muxpool.internal.lease;

import io.muxpool.SocketDirectoryException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * Where the leases of one pool lie: {@code <root>/<mode>/<namespace>/{c,free,used}}. Sockets are in {@code c}; a lease is
 * a file of the same name in {@code free} or {@code used}.
 *
 * @param description what the namespace stands for, for people: {@code location#remote#pool}
 */
record Namespace(Path root, String mode, String description) {
    private static final int LENGTH = 22;
    private static final int NAME_LENGTH = 12;

    /** A master binds {@code <path>.<16 random characters>} first, and that must fit into sun_path. */
    private static final int BUDGET =
            System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac") ? 86 : 90;

    Path directory() {
        return root.resolve(mode).resolve(hash(description));
    }

    Path sockets() {
        return directory().resolve("c");
    }

    Path free() {
        return directory().resolve("free");
    }

    Path used() {
        return directory().resolve("used");
    }

    /** All directories from the root down. */
    List<Path> directories() {
        return List.of(root, root.resolve(mode), directory(), sockets(), free(), used());
    }

    /**
     * Checks the length of a socket's path.
     *
     * @return both sizes, in plain words
     * @throws SocketDirectoryException with both sizes when it would not fit
     */
    String requireWithinBudget() {
        Path longest = sockets().resolve("s".repeat(NAME_LENGTH));
        // The bytes that the kernel gets: the path in the platform's own encoding.
        int bytes = longest.toString().getBytes(encoding()).length;
        if (bytes > BUDGET) {
            int room = BUDGET - (bytes - root.toString().getBytes(encoding()).length);
            throw new SocketDirectoryException(
                    "socket directory " + SafeDirectory.show(root) + " is too deep: a control socket in it would have a"
                            + " path of " + bytes + " bytes, and at most " + BUDGET
                            + " fit. Choose one of at most " + room + " bytes with socketDir (--socket-dir)",
                    null);
        }
        return "control sockets have paths of " + bytes + " bytes, and " + BUDGET + " fit";
    }

    private static Charset encoding() {
        return Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(digest)
                    .substring(0, LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
