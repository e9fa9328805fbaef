package io.muxpool.internal.process;

import io.muxpool.internal.text.Printable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A private file for what one ssh process says of itself ({@code -E}), so that its words and the remote command's
 * standard error never mix: what we conclude from them, the other side cannot forge. Removed when closed.
 */
public final class SshLog implements AutoCloseable {
    private static final Logger LOG = System.getLogger("io.muxpool.ssh");
    private static final int MAX_READ = 256 * 1024;

    // What -v adds on every run, good or bad. Control characters in what a server sent are escaped by ssh itself.
    private static final Pattern NOISE = Pattern.compile("debug[123]: .*|OpenSSH_.*|Authenticated to .*"
            + "|Transferred: sent .*|Bytes per second: .*|Warning: Permanently added .*|Control socket .* does not exist"
            + "|Pseudo-terminal will not be allocated.*|\\s*");

    private static final Pattern WARNING = Pattern.compile(
            "(?i)(\\*\\* |@|warning|load key |permissions .* are too open|.*agent (returned|refused)).*");

    /** Where in its sources ssh says something, which it puts in front with LogVerbose. */
    private static final Pattern PLACE =
            Pattern.compile("^(debug[123]: )?([a-z0-9_-]+)\\.c:(\\w+)\\(\\):[0-9]+ \\((?:bin=[^,]*, )?pid=[0-9]+\\): ");

    /** A pattern of LogVerbose for everything that ssh says of a login, and nothing of what comes after it. */
    public static final String OF_LOGIN =
            "ssh.c:*,sshconnect.c:*,sshconnect2.c:*,kex.c:*,kexgen.c:*,hostfile.c:*,compat.c:*,authfd.c:*";

    private static final Set<String> SAYS_ALL = Set.of("ssh", "sshconnect", "sshconnect2", "hostfile");

    private final Path path;

    private SshLog(Path path) {
        this.path = path;
    }

    private static SshLog made(Path path) {
        ExitGuard.watch(path);
        return new SshLog(path);
    }

    /** A log beside a control socket, where pruning its lease would find it should this process die. */
    public static SshLog beside(Path socket) throws IOException {
        return made(Files.createTempFile(socket.getParent(), socket.getFileName() + ".", ".log"));
    }

    /** A log in the directory for temporary files. */
    public static SshLog temporary() throws IOException {
        return made(Files.createTempFile("muxpool-ssh-", ".log"));
    }

    /** The file beside a control socket that {@link #keep} leaves. */
    public static Path kept(Path socket) {
        return socket.resolveSibling(socket.getFileName() + ".login");
    }

    /** What a master that listens at a control socket has said since its login; empty when nothing is kept. */
    public static List<String> keptLines(Path socket) {
        Path kept = kept(socket);
        return Files.exists(kept, LinkOption.NOFOLLOW_LINKS) ? new SshLog(kept).lines() : List.of();
    }

    /** Leaves the log beside the socket, where the program that writes it goes on: {@link #close} does not remove it. */
    public void keep(Path socket) {
        try {
            Files.move(path, kept(socket), StandardCopyOption.ATOMIC_MOVE);
            ExitGuard.release(path);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "cannot keep " + path, e);
        }
    }

    /** The file; only this user can read it. */
    public Path path() {
        return path;
    }

    /**
     * What was written; of a long log its beginning and its end, 256 KiB in all. Never throws: the command has run by now,
     * and whether this file can be read must not change what is said of it. A line says when it could not.
     */
    public List<String> lines() {
        // Not through NIO, which fails under an interrupted thread.
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            long size = file.length();
            String text = size <= MAX_READ
                    ? read(file, (int) size)
                    : read(file, MAX_READ / 4) + "\n" + readLast(file, size, MAX_READ * 3 / 4);
            return text.lines().map(line -> Printable.of(line.stripTrailing())).toList();
        } catch (IOException e) {
            return List.of("what ssh said cannot be read: " + e);
        }
    }

    /** Whether {@link #lines} has everything, so that what it does not have was never written. */
    public boolean isWhole() {
        long size = path.toFile().length();
        return size > 0 && size <= MAX_READ;
    }

    /** Whether nothing was written. */
    public boolean isEmpty() {
        return path.toFile().isFile() && path.toFile().length() == 0;
    }

    private static String readLast(RandomAccessFile file, long size, int length) throws IOException {
        file.seek(size - length);
        return read(file, length);
    }

    private static String read(RandomAccessFile file, int length) throws IOException {
        byte[] bytes = new byte[length];
        file.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The lines that say what went wrong: without debugging and greetings. */
    public List<String> complaints() {
        return lines().stream()
                .filter(line -> !NOISE.matcher(line).matches())
                .map(SshLog::withoutPlace)
                .toList();
    }

    /** What {@code ssh -v} would have said, of a log that was written with {@link #OF_LOGIN}. */
    public List<String> loginLines() {
        return lines().stream()
                .filter(line -> !line.startsWith("debug2: ") && !line.startsWith("debug3: "))
                .map(line -> PLACE.matcher(line).replaceFirst("$1"))
                .toList();
    }

    /** With the name of the function where ssh itself would name it, or nearly so. */
    private static String withoutPlace(String line) {
        Matcher place = PLACE.matcher(line);
        return place.find()
                ? (SAYS_ALL.contains(place.group(2)) ? "" : place.group(3) + ": ") + line.substring(place.end())
                : line;
    }

    /** The lines that warn of something though the login went well, as ssh prints them. */
    public List<String> warnings() {
        return complaints().stream()
                .filter(line -> WARNING.matcher(line).matches())
                // A frame of @ around a warning.
                .filter(line -> !line.matches("@+"))
                .toList();
    }

    /** As {@link #warnings}, of a master that listens at a control socket. */
    public static List<String> keptWarnings(Path socket) {
        Path kept = kept(socket);
        return Files.exists(kept, LinkOption.NOFOLLOW_LINKS) ? new SshLog(kept).warnings() : List.of();
    }

    @Override
    public void close() {
        ExitGuard.release(path);
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot remove " + path, e);
        }
    }
}
