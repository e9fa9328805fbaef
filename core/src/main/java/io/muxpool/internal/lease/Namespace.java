package io.muxpool.internal.lease;

import io.muxpool.SocketDirectoryException;
import io.muxpool.internal.text.Sha256;
import java.nio.charset.Charset;
import java.nio.file.Path;
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
        return root.resolve(mode).resolve(Sha256.base64(description).substring(0, LENGTH));
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
}
