package io.muxpool.internal.process;

import io.muxpool.internal.text.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What {@code ssh -G} said for one line of words, and the files as they were when it said so. As long as they all are the
 * same, it would say the same again.
 *
 * <pre>
 *   muxpool-config 1
 *   for HASH                              of the words and of the program's path
 *   body HASH                             of what is behind the empty line: all of it must be there
 *   stamp STAMP PATH                      of a file; any number of them
 *   (an empty line)
 *   what ssh -v said of its version
 *   those lines of ssh -G that sessions need
 * </pre>
 *
 * A file's stamp is its device, inode, size and time of change, ctime: nobody can set that one back without setting the
 * clock back. It is believed only when the file had not been changed for two seconds before it was read, so that no change
 * can have the same time. A network file system may show another machine's change some seconds late.
 *
 * @param version what ssh said of itself
 * @param text what it printed, shortened to what sessions need
 */
record ConfigNote(String version, String text) {
    private static final String FIRST = "muxpool-config 1";
    private static final String BODY = "body ";
    private static final String STAMP = "stamp ";
    private static final String ABSENT = "none";
    private static final long QUIET_MILLIS = 2000;

    /** What the note says, if it is for these words and nothing has changed since. */
    static Optional<ConfigNote> read(String note, List<String> words, Path program) {
        int end = note.indexOf("\n\n");
        int version = note.indexOf('\n', end + 2);
        if (end < 0 || version < 0) {
            return Optional.empty();
        }
        String[] head = note.substring(0, end).split("\n", -1);
        if (head.length < 4
                || !head[0].equals(FIRST)
                || !head[1].equals(key(words, program))
                || !head[2].equals(BODY + Sha256.base64(note.substring(end + 2)))) {
            return Optional.empty();
        }
        for (int i = 3; i < head.length; i++) {
            if (!isAsItWas(head[i])) {
                return Optional.empty();
            }
        }
        return Optional.of(new ConfigNote(note.substring(end + 2, version), note.substring(version + 1)));
    }

    /**
     * The note to write.
     *
     * @param askedAtMillis when ssh was started; by the clock, as files' times are
     * @return empty when one of the files is too fresh to be believed
     */
    Optional<String> write(List<String> words, Path program, Collection<Path> files, long askedAtMillis) {
        String body = version + "\n" + text;
        List<String> lines = new ArrayList<>(List.of(FIRST, key(words, program), BODY + Sha256.base64(body)));
        try {
            for (Path file : files) {
                Stamp stamp = Stamp.of(file);
                if (stamp.changedAtMillis > askedAtMillis - QUIET_MILLIS) {
                    return Optional.empty();
                }
                lines.add(STAMP + stamp.text + " " + file);
            }
        } catch (IOException | UnsupportedOperationException e) {
            // Not to be read, or no Unix.
            return Optional.empty();
        }
        return Optional.of(String.join("\n", lines) + "\n\n" + body);
    }

    /** The same note for other words, of which ssh would have said the same. */
    static String readdressed(String note, List<String> words, Path program) {
        int first = note.indexOf('\n') + 1;
        return note.substring(0, first) + key(words, program) + note.substring(note.indexOf('\n', first));
    }

    /** For whom a note is. */
    static String key(List<String> words, Path program) {
        // Words hold no NUL, so what is joined by it cannot be read two ways.
        return "for " + Sha256.base64(String.join("\0", words) + "\0" + program);
    }

    private static boolean isAsItWas(String line) {
        String[] parts = line.split(" ", 3);
        try {
            return parts.length == 3
                    && line.startsWith(STAMP)
                    && Stamp.of(Path.of(parts[2])).text.equals(parts[1]);
        } catch (IOException | UnsupportedOperationException | InvalidPathException e) {
            return false;
        }
    }

    private record Stamp(String text, long changedAtMillis) {
        /** Of what a path leads to, links followed; of nothing, when nothing is there. */
        static Stamp of(Path file) throws IOException {
            if (Files.notExists(file)) {
                return new Stamp(ABSENT, 0);
            }
            Map<String, Object> all = Files.readAttributes(file, "unix:dev,ino,size,ctime");
            FileTime changed = (FileTime) Objects.requireNonNull(all.get("ctime"));
            return new Stamp(
                    all.get("dev") + ":" + all.get("ino") + ":" + all.get("size") + ":" + changed.toInstant(),
                    changed.toMillis());
        }
    }
}
