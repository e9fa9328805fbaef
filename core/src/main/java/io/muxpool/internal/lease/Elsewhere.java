package io.muxpool.internal.lease;

import io.muxpool.SocketDirectoryException;
import io.muxpool.internal.unix.User;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Finds a directory that could hold the sockets where the usual one cannot, to name it in a message. Makes nothing. */
final class Elsewhere {
    private Elsewhere() {}

    /** A directory that is safe, or would be if it were made now; null when none of the likely ones is. */
    static @Nullable Path find() {
        List<Path> likely = new ArrayList<>();
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        if (runtime != null && runtime.startsWith("/")) {
            likely.add(Path.of(runtime, "muxpool"));
        }
        likely.add(Path.of("/run/user/" + User.id() + "/muxpool"));
        likely.add(Path.of("/tmp/muxpool-" + User.id()));
        likely.add(Path.of("/var/tmp/muxpool-" + User.id()));
        return likely.stream().filter(Elsewhere::isSafe).findFirst().orElse(null);
    }

    private static boolean isSafe(Path directory) {
        try {
            Path parent = Objects.requireNonNull(directory.getParent());
            if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
                SafeDirectory.check(directory);
            } else if (!Files.isWritable(parent)) {
                return false;
            }
            new Namespace(directory, "process", "").requireWithinBudget();
            SafeDirectory.checkAncestor(directory, parent);
            SafeDirectory.checkAncestors(parent);
            return true;
        } catch (IOException | SocketDirectoryException e) {
            return false;
        }
    }
}
