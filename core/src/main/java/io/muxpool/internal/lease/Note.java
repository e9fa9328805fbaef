package io.muxpool.internal.lease;

import io.muxpool.internal.unix.User;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A file beside the leases for whoever comes next; only ever a hint: that it cannot be read or written costs the hint.
 */
record Note(String text, Instant written) {
    private static final Logger LOG = System.getLogger("io.muxpool.lease");
    private static final int REGULAR_AND_PRIVATE = 0100600;

    /** What is there, if it is ours alone and no longer than that. */
    static Optional<Note> read(Path directory, String name, int mostBytes) {
        Path file = directory.resolve(name);
        try {
            if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.empty();
            }
            Map<String, Object> all =
                    Files.readAttributes(file, "unix:mode,uid,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
            // It may have been put there while the directory was open to others.
            if (!Objects.equals(all.get("mode"), REGULAR_AND_PRIVATE)
                    || !Objects.equals(all.get("uid"), User.id())
                    || (long) Objects.requireNonNull(all.get("size")) > mostBytes) {
                return Optional.empty();
            }
            Instant written = ((FileTime) Objects.requireNonNull(all.get("lastModifiedTime"))).toInstant();
            return Optional.of(new Note(Files.readString(file, StandardCharsets.UTF_8), written));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the note " + file + " cannot be read", e);
            return Optional.empty();
        }
    }

    static void write(Path directory, String name, String text) {
        // Always the same, so that nobody who is killed in between leaves more than one. Of two who write at once a
        // reader may see half of a text, which those who read it notice.
        Path fresh = directory.resolve(name + ".new");
        try (SeekableByteChannel out = Files.newByteChannel(
                fresh,
                Set.of(
                        StandardOpenOption.WRITE,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            Files.move(fresh, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the note " + name + " cannot be written in " + directory, e);
        }
    }
}
