package io.muxpool.internal.lease;

import io.muxpool.internal.unix.Machine;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A note beside a control socket: which process held the lease last, on which machine, and of which pool it is, which its
 * path only hashes. Pid and pool are for people. It may be missing or old; whether a lease is held, its lock says. On which
 * machine the socket is only the note can tell, where machines share a home: {@link Machine#isCurrent}.
 */
record OwnerNote(OptionalLong pid, String pool, Machine machine) {
    private static final Logger LOG = System.getLogger("io.muxpool.lease");
    private static final String SUFFIX = ".owner";
    private static final int MAX_SIZE = 4096;

    // java.io rather than NIO: an interrupt must not cost the note.

    /** Notes that this process holds the lease of {@code socket}. A full disk costs only the note. */
    static void write(Path socket, String pool) {
        try (FileOutputStream out = new FileOutputStream(path(socket).toFile())) {
            Machine here = Machine.current();
            out.write(("pid " + ProcessHandle.current().pid() + "\nhost " + here.host() + "\nboot " + here.boot()
                            + "\npool " + pool + "\n")
                    .getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "cannot note the owner of " + socket, e);
        }
    }

    /** What is noted; nothing when there is no note. */
    static OwnerNote read(Path socket) {
        try (FileInputStream in = new FileInputStream(path(socket).toFile())) {
            String text = new String(in.readNBytes(MAX_SIZE), StandardCharsets.UTF_8);
            return new OwnerNote(
                    pid(value(text, "pid")),
                    value(text, "pool").orElse(""),
                    new Machine(
                            value(text, "host").orElse(""), value(text, "boot").orElse("")));
        } catch (IOException e) {
            return new OwnerNote(OptionalLong.empty(), "", new Machine("", ""));
        }
    }

    private static Path path(Path socket) {
        return socket.resolveSibling(socket.getFileName() + SUFFIX);
    }

    private static OptionalLong pid(Optional<String> text) {
        try {
            return text.isPresent() ? OptionalLong.of(Long.parseLong(text.get())) : OptionalLong.empty();
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private static Optional<String> value(String text, String key) {
        return text.lines()
                .filter(line -> line.startsWith(key + " "))
                .findFirst()
                .map(line -> line.substring(key.length() + 1));
    }
}
