package io.muxpool.internal.lease;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A note beside the leases on how many sessions the server allows on one connection. To learn it costs a connection, which
 * nobody should pay twice. Believed for a day, since servers are reconfigured; only ever a hint.
 */
final class SessionsHint {
    private static final Logger LOG = System.getLogger("io.muxpool.lease");
    private static final Duration BELIEVED = Duration.ofDays(1);
    private static final String NAME = "sessions";
    private static final Pattern CONTENT = Pattern.compile("([1-9][0-9]{0,8})\\n");

    private SessionsHint() {}

    static OptionalInt read(Path directory) {
        Path file = directory.resolve(NAME);
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > 16) {
                return OptionalInt.empty();
            }
            Instant written = Files.getLastModifiedTime(file).toInstant();
            Matcher content = CONTENT.matcher(Files.readString(file, StandardCharsets.US_ASCII));
            boolean fresh = Duration.between(written, Instant.now()).compareTo(BELIEVED) < 0;
            return fresh && content.matches()
                    ? OptionalInt.of(Integer.parseInt(content.group(1)))
                    : OptionalInt.empty();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the note of the server's sessions cannot be read", e);
            return OptionalInt.empty();
        }
    }

    static void write(Path directory, int sessions) {
        try {
            Path fresh = Files.createTempFile(
                    directory,
                    NAME + ".",
                    ".new",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(fresh, sessions + "\n", StandardCharsets.US_ASCII);
            Files.move(fresh, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the note of the server's sessions cannot be written", e);
        }
    }
}
