package io.muxpool;

import io.muxpool.internal.shell.Shown;
import io.muxpool.internal.text.Printable;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/** What a command that ran to its end left: its exit and what was captured of its output. Immutable, thread-safe. */
public final class CommandResult {
    private final List<String> argv;
    private final Exit exit;
    private final Captured stdout;
    private final Captured stderr;
    private final Duration elapsed;
    private final Route route;

    /**
     * One captured stream.
     *
     * @param bytes not copied: the giver must not change it any more
     * @param truncated whether there was more than the capture limit
     */
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    public record Captured(byte[] bytes, boolean truncated) {
        /** Nothing was captured. */
        public static final Captured NONE = new Captured(new byte[0], false);
    }

    /**
     * The connection that carried the command.
     *
     * @param reused whether it was there before the command: no handshake was paid
     * @param masterPid the ControlMaster's process; empty without a master
     */
    public record Route(boolean reused, OptionalLong masterPid) {
        /** No shared connection. */
        public static final Route DIRECT = new Route(false, OptionalLong.empty());
    }

    /** For transports, and for tests of code that takes results. */
    public CommandResult(
            List<String> argv, Exit exit, Captured stdout, Captured stderr, Duration elapsed, Route route) {
        this.argv = List.copyOf(argv);
        this.exit = Objects.requireNonNull(exit);
        this.stdout = Objects.requireNonNull(stdout);
        this.stderr = Objects.requireNonNull(stderr);
        this.elapsed = Objects.requireNonNull(elapsed);
        this.route = Objects.requireNonNull(route);
    }

    /** The command's own words. */
    public List<String> argv() {
        return argv;
    }

    /** How it ended. */
    public Exit exit() {
        return exit;
    }

    /**
     * This result, when the command ended with status 0.
     *
     * @throws CommandFailedException otherwise, with words, exit and both outputs
     */
    public CommandResult check() {
        if (!exit.success()) {
            throw new CommandFailedException(this);
        }
        return this;
    }

    /** A copy of the captured standard output; empty when it went elsewhere. */
    public byte[] stdout() {
        return stdout.bytes.clone();
    }

    /** A copy of the captured standard error; empty when it went elsewhere. */
    public byte[] stderr() {
        return stderr.bytes.clone();
    }

    /** The captured standard output as a stream, without a copy of it. A large output may not fit into the heap twice. */
    public InputStream stdoutStream() {
        return new ByteArrayInputStream(stdout.bytes);
    }

    /** The captured standard error as a stream, without a copy of it. */
    public InputStream stderrStream() {
        return new ByteArrayInputStream(stderr.bytes);
    }

    /** Standard output as UTF-8, whole, with its last newline; malformed bytes become U+FFFD. Made anew at each call. */
    public String stdoutText() {
        return new String(stdout.bytes, StandardCharsets.UTF_8);
    }

    /** Standard error as UTF-8; malformed bytes become U+FFFD. Made anew at each call. */
    public String stderrText() {
        return new String(stderr.bytes, StandardCharsets.UTF_8);
    }

    /** Whether standard output was longer than its capture limit, so that its end is missing here. */
    public boolean stdoutTruncated() {
        return stdout.truncated;
    }

    /** Whether standard error was longer than its capture limit, so that its end is missing here. */
    public boolean stderrTruncated() {
        return stderr.truncated;
    }

    /** Wall time from the first step for this command to its end, connecting included. */
    public Duration elapsed() {
        return elapsed;
    }

    /** Whether the command went over a connection that was there before it. */
    public boolean reused() {
        return route.reused;
    }

    /** The process id of the ControlMaster that carried the command; empty in local mode and without reuse. */
    public OptionalLong masterPid() {
        return route.masterPid;
    }

    @Override
    public String toString() {
        return "CommandResult[" + Printable.brief(Shown.line(argv)) + ": " + exit + ", stdout " + stdout.bytes.length
                + " bytes, stderr " + stderr.bytes.length + " bytes]";
    }
}
