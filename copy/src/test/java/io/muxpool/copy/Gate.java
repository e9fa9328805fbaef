package io.muxpool.copy;

import io.muxpool.testkit.CommandGate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;

/**
 * Doors on the server's side that hold up what comes by until a test opens them: an SFTP channel after so many bytes, a
 * checksum, or the answer to a rename. Each is shut for the first that comes, and then the others find it open. Closing
 * opens them all.
 */
final class Gate implements AutoCloseable {
    // What passes of a channel's bytes.
    private static final int LET_THROUGH = 20 * Runs.LENGTH;

    /** What a copy has surely seen arrive when its channel is held up: it looks for answers with 4 MiB behind. */
    static final long ARRIVED = 12L * Runs.LENGTH;

    private final Path directory;
    private final Map<String, CommandGate> doors = new ConcurrentHashMap<>();

    /** @param directory where its files are; it must not exist */
    Gate(Path directory) {
        this.directory = directory;
        try {
            Files.createDirectory(directory);
            // Commands may run as somebody else.
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As the value of sshd's Subsystem, behind the name; the process behind a channel has {@code sftp-server} in its words. */
    String subsystem(String serve) {
        return "bash " + script("sftp-server-gate", """
                if mv up.shut up.held 2>/dev/null; then
                  { stdbuf -o0 head -c %1$d; read -r gate <$D/up.gate; cat; } | (%2$s)
                elif mv down.shut down.held 2>/dev/null; then
                  (%2$s) | { stdbuf -o0 head -c %1$d; read -r gate <$D/down.gate; cat; }
                elif mv rename.shut rename.armed 2>/dev/null; then
                  (%2$s) | while dd bs=65536 count=1 2>/dev/null >rename.chunk; [ -s rename.chunk ]; do
                    [ -e "$HOME/copy" ] && mv rename.armed rename.held 2>/dev/null && read -r gate <rename.gate
                    cat rename.chunk
                  done
                else
                  %2$s
                fi
                """.formatted(LET_THROUGH, serve));
    }

    /** A directory for the begin of PATH: checksums come by {@code sum}, and the shells that ask for them by {@code sh}. */
    Path programs() {
        script("openssl", """
                echo "$@" >>sum.log
                [ -e sum.fails ] && { echo cannot >&2; exit 3; }
                mv sum.breaks sum.broken 2>/dev/null && exit 3
                mv sum.shut sum.held 2>/dev/null && read -r gate <sum.gate
                exec sha256sum
                """);
        script("sh", """
                mv sh.shut sh.held 2>/dev/null && read -r gate <sh.gate
                cd - >/dev/null
                exec /bin/sh "$@"
                """);
        return directory;
    }

    private Path script(String name, String lines) {
        try {
            Path script = Files.writeString(
                    directory.resolve(name), "#!/bin/bash\nD=" + directory + "\ncd $D || exit 1\n" + lines);
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
            return script;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    /** Lets checksums fail from now on. */
    void failSums() throws IOException {
        Files.createFile(file("sum.fails"));
    }

    /** Lets the next one fail. */
    void failNextSum() throws IOException {
        Files.createFile(file("sum.breaks"));
    }

    /** How many were begun. */
    int sums() throws IOException {
        Path log = file("sum.log");
        return Files.exists(log) ? Files.readAllLines(log).size() : 0;
    }

    /** @param door {@code up}, {@code down}, {@code sum}, {@code sh}, {@code rename} */
    void shut(String door) {
        try {
            letGo(door);
            doors.put(door, CommandGate.shut(file(door + ".gate")));
            Files.createFile(file(door + ".shut"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until somebody stands before a shut door. */
    void awaitHeld(String door) {
        Awaitility.await(door)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> Files.exists(file(door + ".held")));
    }

    /** Lets go whoever stands before it, and whoever would have. */
    void open(String door) {
        try {
            // In this order, and not deleted first: it may be passing from one state to the next.
            for (String state : new String[] {".shut", ".armed", ".held"}) {
                Files.deleteIfExists(file(door + state));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        letGo(door);
    }

    private void letGo(String door) {
        CommandGate gate = doors.remove(door);
        if (gate != null) {
            gate.open();
        }
    }

    @Override
    public void close() {
        Set.copyOf(doors.keySet()).forEach(this::open);
    }
}
