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
import java.time.Instant;
import java.util.Optional;

/**
 * A file beside the leases for whoever comes next. Written whole or not at all; only ever a hint: that it cannot be read or
 * written costs the hint.
 */
record Note(String text, Instant written) {
    private static final Logger LOG = System.getLogger("io.muxpool.lease");

    /** What is there, if it is no longer than that. */
    static Optional<Note> read(Path directory, String name, int mostBytes) {
        Path file = directory.resolve(name);
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > mostBytes) {
                return Optional.empty();
            }
            Instant written = Files.getLastModifiedTime(file).toInstant();
            return Optional.of(new Note(Files.readString(file, StandardCharsets.UTF_8), written));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the note " + file + " cannot be read", e);
            return Optional.empty();
        }
    }

    static void write(Path directory, String name, String text) {
        try {
            Path fresh = Files.createTempFile(
                    directory,
                    name + ".",
                    ".new",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try {
                Files.writeString(fresh, text, StandardCharsets.UTF_8);
                Files.move(fresh, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(fresh);
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the note " + name + " cannot be written in " + directory, e);
        }
    }
}
