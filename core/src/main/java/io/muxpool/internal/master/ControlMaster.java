package io.muxpool.internal.master;

import io.muxpool.Command;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.NotStartedException;
import io.muxpool.Output;
import io.muxpool.Remote;
import io.muxpool.SocketDirectoryException;
import io.muxpool.SshConnectException;
import io.muxpool.internal.process.Child;
import io.muxpool.internal.process.Forwardings;
import io.muxpool.internal.process.OwnSession;
import io.muxpool.internal.process.Programs;
import io.muxpool.internal.process.SshLog;
import io.muxpool.internal.process.SshVersion;
import io.muxpool.internal.process.Subreaper;
import io.muxpool.internal.process.UserEnvironment;
import io.muxpool.internal.shell.Shown;
import io.muxpool.internal.stream.StreamFailedException;
import io.muxpool.internal.sweep.Mark;
import io.muxpool.internal.turn.Turn;
import io.muxpool.internal.turn.Uninterrupted;
import io.muxpool.internal.unix.FileType;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The life of one ssh ControlMaster at one socket path: made sure of before each command, started when it is not there.
 *
 * <p>Thread-safe. Whoever calls must hold the lease of the path. A master outlives this object and this process. It is
 * asked on its socket whether it is alive (0.12 ms), before each command and after: a mere connect would also succeed on
 * one that hangs. Only where there is none is one started: one ssh process, one handshake, one thread at a time.
 */
public final class ControlMaster {
    private static final Logger LOG = System.getLogger("io.muxpool.master");

    /** A question that is there to wake the master: whether it answers is not what matters. */
    private static final Duration NUDGE = Duration.ofMillis(100);

    private static final String CONNECTING = "connecting";

    /** How long a job that has ended may still wait for word on what its command left. */
    private static final Duration AFTER_JOB = Duration.ofMillis(500);

    private final Remote remote;
    private final Path socket;
    private final boolean guest;
    private final Check check;
    private final List<String> servers;
    private final long trustNanos;
    private final Turn turn = new Turn();

    // Written in turn, read out of it: the fast path does not wait.
    private volatile @Nullable Seen seen;

    // Written in turn; read before it too, to notice a failure that came while waiting.
    private volatile @Nullable SshConnectException lastFailure;

    // Whether this process started it, so that no other can have left anything on it.
    private volatile boolean own;

    // Written and read in turn: whether the warnings of the login have been said.
    private boolean warned;

    // Why the path must not be used any more; set once.
    private volatile @Nullable String unusable;

    private record Seen(long pid, long atNanos) {}

    /**
     * A master that was there for one command.
     *
     * @param reused whether it was there before; false when this call started it
     */
    public record Ready(long pid, boolean reused) {}

    /** Asked before a master is started. */
    @FunctionalInterface
    public interface Check {
        /** Whether ssh would go now where the path's connections go. May ask ssh. */
        boolean leadsThere(Job job);
    }

    /** Starts nothing yet. */
    public ControlMaster(Remote remote, Path socket) {
        this(remote, socket, job -> true);
    }

    /** As {@link #ControlMaster(Remote, Path)}; the path is unusable from when a start would lead elsewhere. */
    public ControlMaster(Remote remote, Path socket, Check check) {
        this(remote, socket, check, List.of());
    }

    /**
     * As {@link #ControlMaster(Remote, Path, Check)}.
     *
     * @param servers that a login passes, whose pace it keeps; see {@link LoginPace}
     */
    public ControlMaster(Remote remote, Path socket, Check check, List<String> servers) {
        this(remote, socket, check, servers, false);
    }

    private ControlMaster(Remote remote, Path socket, Check check, List<String> servers, boolean guest) {
        this.remote = remote;
        this.socket = socket;
        this.check = check;
        // A server that nobody could resolve is paced by the name that the user has for it.
        this.servers = servers.isEmpty() ? List.of(remote.toString()) : servers;
        this.guest = guest;
        this.trustNanos =
                remote.controlPersist().minus(remote.controlPersistMargin()).toNanos();
    }

    /** A master of somebody else's: it is asked and used, and never started, touched or stopped. */
    public static ControlMaster guest(Remote remote, Path socket) {
        return new ControlMaster(remote, socket, job -> true, List.of(), true);
    }

    /** The path of the control socket. */
    public Path socket() {
        return socket;
    }

    /**
     * Makes sure that a master answers at the socket. Blocks up to the job's deadline: behind another thread's start, in
     * an exchange of at most 5 s, and for a start.
     *
     * @throws SshConnectException when it could not be started, with ssh's own words
     * @throws PathUnusableException when something else occupies the path: a hung master, a file. It is for good
     * @throws io.muxpool.JobException when the job ends first; nothing of the command was started
     */
    public Ready ensure(Job job) throws PathUnusableException {
        requireUsable();
        Seen last = seen;
        if (last != null && System.nanoTime() - last.atNanos < trustNanos) {
            // Seen lately, so hardly gone: no turn is needed to ask, and the socket's time is fresh enough.
            Liveness now = ask(job);
            if (now instanceof Liveness.Alive alive) {
                return new Ready(alive.pid(), true);
            }
        }
        SshConnectException failureBefore = lastFailure;
        turn.take(job, "waiting for the connection to " + remote);
        try {
            // Whoever waited here while another thread's start failed shares that failure: one start, not one each.
            SshConnectException failure = lastFailure;
            if (failure != null && failure != failureBefore) {
                throw new SshConnectException(String.valueOf(failure.getMessage()), failure);
            }
            return checkOrStart(job);
        } finally {
            turn.end();
        }
    }

    /** Once found unusable, a path is: whoever was late to hear of it must not start a master where nobody looks. */
    private void requireUsable() throws PathUnusableException {
        String reason = unusable;
        if (reason != null) {
            throw new PathUnusableException(reason);
        }
    }

    private PathUnusableException condemn(String reason) {
        unusable = reason;
        return new PathUnusableException(reason);
    }

    /** What lies at the path, and whether it answers. */
    private Liveness ask(Job job) throws PathUnusableException {
        try {
            FileType type = FileType.of(socket);
            if (type == FileType.NONE) {
                return new Liveness.Dead();
            }
            if (type != FileType.SOCKET) {
                throw condemn(
                        socket + " is " + type + ", not a socket; it was left alone. Remove it if it is not yours");
            }
        } catch (IOException e) {
            throw cannotUse(e);
        }
        Liveness now = ControlSocket.check(socket, job);
        if (now instanceof Liveness.Hung) {
            throw condemn("the ssh master at " + socket + " does not answer");
        }
        if (now instanceof Liveness.Foreign foreign) {
            throw condemn(foreign.what());
        }
        if (now instanceof Liveness.Unasked unasked) {
            throw new NotStartedException(
                    "cannot ask the ssh master at " + socket + " whether it is alive: "
                            + unasked.why().getMessage(),
                    true,
                    unasked.why());
        }
        return now;
    }

    /** Keeps a few open files, so that {@link #isAlive} can ask though this process has no other left. */
    public static void keepFilesToAskWith(Job job) {
        SpareFiles.keep(job);
    }

    /**
     * Whether the master with this process id still answers, within 5 s. Asked when a command has ended: only while the
     * master lives is it certain that the command's end, and all of its output, came through.
     *
     * @param job which this outlasts by half a second at most
     */
    public boolean isAlive(long pid, Job job) {
        Duration most = job.remaining().map(AFTER_JOB::plus).orElse(ControlSocket.CAP);
        Long there = answers(Job.withTimeout(most));
        return there != null && there == pid;
    }

    /**
     * Whether the master accepts connections and then does not answer within 5 s. A master that cannot be asked does not
     * count: its socket may have been removed ({@code ssh -O stop}, a clean-up of the directory), or this process may have
     * no file descriptor left, and the connections that it has still work. Not interruptible.
     */
    public boolean hangs() {
        try {
            return FileType.of(socket) == FileType.SOCKET
                    && Uninterrupted.call(() -> ControlSocket.check(socket, Job.create()) instanceof Liveness.Hung);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "cannot look at " + socket, e);
            return false;
        }
    }

    /** The pid of the master, if it answers within the job. Not interruptible. */
    private @Nullable Long answers(Job job) {
        return Uninterrupted.call(() -> {
            try {
                Liveness now = ControlSocket.check(socket, job);
                if (now instanceof Liveness.Unasked) {
                    now = SpareFiles.lend(job, () -> ControlSocket.check(socket, job));
                }
                return now instanceof Liveness.Alive alive ? alive.pid() : null;
            } catch (JobException e) {
                return null;
            }
        });
    }

    /**
     * Gives the master something to do, after one of its ssh clients was killed. It notices the death too late in its
     * loop, after the place where it would pass the end of input on, and then sleeps until something else happens
     * (clientloop.c, seen on 9.2): the command on the other side would not hear that it is alone.
     */
    public void nudge() {
        if (answers(Job.withTimeout(NUDGE)) == null) {
            LOG.log(Level.DEBUG, "the ssh master at {0} does not answer", socket);
        }
    }

    /** Trusts no earlier sight of the master: the next {@link #ensure} checks. */
    public void forget() {
        seen = null;
    }

    /** What the login of the master has shown of its server, whoever started it. Reads a file. */
    public ServerFacts facts() {
        return guest ? ServerFacts.UNKNOWN : ServerFacts.of(SshLog.keptLines(socket));
    }

    /** Whether this process started the master that was last seen here. */
    public boolean isOwn() {
        return own;
    }

    /** Ends the master, and everything that runs over it. False when it did not answer in time. */
    public boolean stop() {
        seen = null;
        return stop(socket);
    }

    /** Ends the master that listens at {@code socket}, if one does. */
    public static boolean stop(Path socket) {
        return Uninterrupted.call(() -> !ControlSocket.accepts(socket)
                || ControlSocket.terminate(socket, Job.create())
                // It was about to end by itself, and has.
                || !ControlSocket.accepts(socket));
    }

    /**
     * Makes the master take no more connections: it removes its socket, serves those that it has, and ends after the last
     * of them. Nothing can ask it any more whether it is alive; the next {@link #ensure} starts another at the path. False
     * when it did not agree in time, so that it still listens; true when there is none.
     */
    public boolean stopListening() {
        seen = null;
        return Uninterrupted.call(() -> ControlSocket.stopListening(socket, Job.create()));
    }

    /** The process id of the master that listens at {@code socket}; null when none answers. */
    public static @Nullable Long pid(Path socket) {
        return Files.exists(socket, LinkOption.NOFOLLOW_LINKS)
                        && ControlSocket.check(socket, Job.create()) instanceof Liveness.Alive alive
                ? alive.pid()
                : null;
    }

    private Ready checkOrStart(Job job) throws PathUnusableException {
        job.check("connecting to " + remote);
        requireUsable();
        if (ask(job) instanceof Liveness.Alive alive) {
            sawAlive(alive.pid());
            if (!guest && !warned && LOG.isLoggable(Level.INFO)) {
                warned = true;
                warn(SshLog.keptWarnings(socket));
            }
            return new Ready(alive.pid(), true);
        }
        if (guest) {
            throw new NotStartedException(
                    "no ssh master answers at " + socket + ", and no login may be made for " + remote
                            + " (AttachPolicy.REQUIRE_EXISTING). Log in once with: ssh -M -S " + socket + " "
                            + remote.userHost().orElseThrow(),
                    false,
                    null);
        }
        if (!check.leadsThere(job)) {
            throw condemn("the ssh configuration of " + remote + " has changed, and connections lead elsewhere now");
        }
        try {
            Files.deleteIfExists(socket);
            return start(job);
        } catch (IOException e) {
            throw cannotUse(e);
        }
    }

    private SocketDirectoryException cannotUse(IOException e) {
        return new SocketDirectoryException(
                "cannot use " + socket.getParent() + " for an ssh master: " + e
                        + ". It must be writable and have some space; else choose another with socketDir (--socket-dir)",
                e);
    }

    private Ready start(Job job) throws IOException {
        Programs.requireSsh(remote.sshProgram());
        try (LoginPace.Login login = LoginPace.login(servers)) {
            while (true) {
                login.begin(job, CONNECTING + " to " + remote);
                Ready ready = tryStart(login, job);
                if (ready != null) {
                    return ready;
                }
            }
        }
    }

    /** Starts it once; null when the server refused the handshake, and another try is to be made. */
    private @Nullable Ready tryStart(LoginPace.Login login, Job job) throws IOException {
        // A file, never a pipe: the master keeps it for its life, and a pipe would never end.
        try (SshLog log = SshLog.beside(socket)) {
            List<String> words = startWords(log, job);
            LOG.log(Level.DEBUG, "Starting ssh master: {0}", Shown.line(words));
            int status = run(words, log.path(), job);
            if (remote.verbose()) {
                log.loginLines().forEach(line -> LOG.log(Level.DEBUG, line));
            }
            Liveness found = verified(words, status, job);
            if (found instanceof Liveness.Alive alive) {
                login.answered();
                own = true;
                if (!remote.verbose()) {
                    warn(log.warnings());
                }
                warned = true;
                log.keep(socket);
                sawAlive(alive.pid());
                return new Ready(alive.pid(), false);
            }
            if (found instanceof Liveness.Unasked unasked) {
                // It may well be there, and is found the next time.
                throw unasked.why();
            }
            List<String> complaints = log.complaints();
            if (!LoginPace.isRefusal(log.lines(), complaints)) {
                login.answered();
            } else if (login.refused(complaints, job)) {
                LOG.log(Level.DEBUG, "the server of {0} refused the handshake: it is tried again", remote);
                return null;
            }
            throw failed(words, status, complaints, login.refusals());
        }
    }

    /** Status 0 proves nothing: one that found its path taken has it, too. Such a one is ended, also when the job is. */
    private Liveness verified(List<String> words, int status, Job job) {
        Liveness found = new Liveness.Dead();
        try {
            found = ControlSocket.check(socket, job);
            return found;
        } finally {
            if (status == 0 && found instanceof Liveness.Dead && !ControlSocket.accepts(socket)) {
                endUnmultiplexed(words);
            }
        }
    }

    private static int run(List<String> words, Path log, Job job) throws IOException {
        if (Subreaper.isNeeded() && Subreaper.missing().isEmpty()) {
            return Subreaper.run(words, log, job, CONNECTING);
        }
        Command streams = Command.of("ssh").withStdout(Output.appendTo(log)).withStderr(Output.appendTo(log));
        try {
            ProcessBuilder builder = UserEnvironment.builder(OwnSession.of(words));
            UserEnvironment.unmark(builder.environment());
            return Child.run(builder, streams, job, CONNECTING, Child.Role.PREPARATION)
                    .status();
        } catch (StreamFailedException e) {
            throw new AssertionError("a child without pumped streams cannot fail on one", e);
        }
    }

    /**
     * One that found its path taken says so, goes on without a socket, and then to the background like any other, where
     * nobody could ask it to end, and no time would.
     */
    private static void endUnmultiplexed(List<String> words) {
        List<String> arguments = words.subList(1, words.size());
        ProcessHandle.allProcesses()
                .filter(process ->
                        process.info().arguments().map(Arrays::asList).stream().anyMatch(arguments::equals))
                .forEach(ProcessHandle::destroy);
    }

    /** Without a session of its own (-N), which would cost two round trips and a shell over there. */
    private List<String> startWords(SshLog log, Job job) {
        List<String> words = remote.sshOptions(socket);
        // A configuration with LogLevel QUIET would leave a failure without a reason. After -v it changes nothing.
        words.add("-oLogLevel=INFO");
        // Before the caller's, since behind a SessionType of his ssh refuses -N. Before 8.7 it is -f that
        // keeps a master without a session from staying in the foreground (ssh.c).
        words.addAll(1, List.of("-f", "-N"));
        if (SshVersion.of(remote.sshProgram(), job).isAtLeast(8, 5)) {
            // Some of it comes when the master has gone to the background and closed its standard error.
            if (remote.verbose()) {
                // A master keeps its level: with -v it would write of every session into this file, as long as it
                // lives.
                words.remove("-v");
                words.add(ServerFacts.LOG_VERBOSE + "," + SshLog.OF_LOGIN);
            } else {
                words.add(ServerFacts.LOG_VERBOSE);
            }
            words.addAll(List.of("-E", log.path().toString()));
        }
        // A master passes on the variables of its clients only as far as its own SendEnv names them (ssh.c).
        words.add("-oSendEnv=" + Mark.VARIABLE);
        words.addAll(Forwardings.cleared(remote));
        words.add("-M");
        words.add("-oControlPersist=" + Math.max(1, remote.controlPersist().toSeconds()) + "s");
        words.add(remote.userHost().orElseThrow());
        return words;
    }

    /** Says what ssh would have printed when it connected. */
    private void warn(List<String> warnings) {
        if (!warnings.isEmpty()) {
            LOG.log(Level.INFO, "ssh warned when it connected to {0}: {1}", remote, String.join("; ", warnings));
        }
    }

    private SshConnectException failed(List<String> words, int status, List<String> all, int refusals) {
        // ssh frames a changed host key with lines of @; what it says between them is enough.
        List<String> complaints =
                all.stream().filter(line -> !line.startsWith("@")).toList();
        String said = complaints.isEmpty() ? "ssh said nothing (status " + status + ")" : String.join("; ", complaints);
        SshConnectException failure = new SshConnectException(
                "cannot connect to " + remote + ": " + said + tried(refusals) + " [command: " + Shown.line(words)
                        + (remote.verbose() ? "]" : "; for more, verbose(true) or -v]"),
                null);
        LOG.log(Level.ERROR, failure.getMessage());
        lastFailure = failure;
        return failure;
    }

    private static String tried(int refusals) {
        return refusals < 2
                ? ""
                : "; " + refusals + " handshakes were refused: the server is full (MaxStartups), or lets nobody in";
    }

    private void sawAlive(long pid) {
        seen = new Seen(pid, System.nanoTime());
        if (guest) {
            return;
        }
        try {
            // Lease cleaning looks at this time. It is the socket's, never a lock file's.
            Files.setLastModifiedTime(socket, FileTime.from(Instant.now()));
        } catch (NoSuchFileException e) {
            // It ended just now; the next command will find out.
            seen = null;
        } catch (IOException e) {
            throw cannotUse(e);
        }
    }
}
