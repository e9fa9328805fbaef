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
import java.util.Set;
import java.util.TreeSet;

/**
 * What {@code ssh -G} said for one line of words, and the files as they were when it said so. As long as they all are the
 * same, it would say the same again.
 *
 * <pre>
 *   muxpool-config 3
 *   for HASH                              of the words and of the program's path
 *   body HASH                             of what is behind the empty line: all of it must be there
 *   stamp STAMP PATH                      of a file; any number of them
 *   (an empty line)
 *   what ssh -v said of its version
 *   said KEYWORD ...                      to which defaults of ours yield
 *   base HASH                             of what leads to the host, see Identity
 *   input KIND NAME                       any number of them
 *   server HOST PORT                      the host, and its jump hosts from the nearest on
 *   (an empty line)
 *   those lines of ssh -G that sessions need
 * </pre>
 *
 * A file's stamp is its device, inode, size and time of change, ctime: nobody can set that one back without setting the
 * clock back. It is believed only when the file had not been changed for two seconds before it was read, so that no change
 * can have the same time. A network file system may show another machine's change some seconds late.
 *
 * @param version what ssh said of itself
 * @param said keywords of which the configuration says something
 * @param identity where the connection leads
 * @param servers that a login passes, the host first
 * @param text what it printed, shortened to what sessions need
 */
record ConfigNote(String version, Set<String> said, Identity identity, List<String> servers, String text) {
    private static final String FIRST = "muxpool-config 3";
    private static final String SAID = "said";
    private static final String BASE = "base ";
    private static final String INPUT = "input ";
    private static final String SERVER = "server ";
    private static final String BODY = "body ";
    private static final String STAMP = "stamp ";
    private static final String ABSENT = "none";
    private static final long QUIET_MILLIS = 2000;

    /** What the note says, if it is for these words and nothing has changed since. */
    static Optional<ConfigNote> read(String note, List<String> words, Path program) {
        int end = note.indexOf("\n\n");
        if (end < 0) {
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
        return ofBody(note.substring(end + 2));
    }

    private static Optional<ConfigNote> ofBody(String body) {
        int end = body.indexOf("\n\n");
        String[] lines = end < 0 ? new String[0] : body.substring(0, end).split("\n", -1);
        if (lines.length < 3 || !lines[1].startsWith(SAID) || !lines[2].startsWith(BASE)) {
            return Optional.empty();
        }
        Set<String> said = new TreeSet<>(List.of(lines[1].strip().split(" ", -1)));
        said.remove(SAID);
        List<String> inputs = new ArrayList<>();
        List<String> servers = new ArrayList<>();
        for (int i = 3; i < lines.length; i++) {
            if (lines[i].startsWith(INPUT)) {
                inputs.add(lines[i].substring(INPUT.length()));
            } else if (lines[i].startsWith(SERVER)) {
                servers.add(lines[i].substring(SERVER.length()));
            } else {
                return Optional.empty();
            }
        }
        Identity identity = new Identity(lines[2].substring(BASE.length()), inputs);
        return Optional.of(new ConfigNote(lines[0], said, identity, servers, body.substring(end + 2)));
    }

    private String body() {
        StringBuilder body = new StringBuilder(version).append('\n').append(SAID);
        said.forEach(keyword -> body.append(' ').append(keyword));
        body.append('\n').append(BASE).append(identity.base()).append('\n');
        identity.inputs().forEach(input -> body.append(INPUT).append(input).append('\n'));
        servers.forEach(server -> body.append(SERVER).append(server).append('\n'));
        return body.append('\n').append(text).toString();
    }

    /**
     * The note to write.
     *
     * @param askedAtMillis when ssh was started; by the clock, as files' times are
     * @return empty when one of the files is too fresh to be believed
     */
    Optional<String> write(List<String> words, Path program, Collection<Path> files, long askedAtMillis) {
        String body = body();
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

    /** This note for other words, with the stamps of another note, from the same files. */
    String withStampsOf(String note, List<String> words, Path program) {
        String body = body();
        String[] head = note.substring(0, note.indexOf("\n\n")).split("\n", -1);
        head[1] = key(words, program);
        head[2] = BODY + Sha256.base64(body);
        return String.join("\n", head) + "\n\n" + body;
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
