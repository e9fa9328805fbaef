package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.CommandResult.Route;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.Output;
import io.muxpool.PartialOutput;
import io.muxpool.Remote;
import io.muxpool.internal.master.ServerFacts;
import io.muxpool.internal.process.Child;
import io.muxpool.internal.process.Forwardings;
import io.muxpool.internal.process.KillTree;
import io.muxpool.internal.process.OwnSession;
import io.muxpool.internal.process.SshLog;
import io.muxpool.internal.process.SshVersion;
import io.muxpool.internal.process.UserEnvironment;
import io.muxpool.internal.shell.CommandLine;
import io.muxpool.internal.stream.StreamFailedException;
import io.muxpool.internal.sweep.Mark;
import io.muxpool.internal.text.Printable;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One ssh process that carries one command, and the reading of its end. What 255 means is for the caller to say. */
final class SshChild {
    private static final Logger LOG = System.getLogger("io.muxpool.ssh");

    /** ssh's own failures, and whatever it cannot tell from them. */
    static final int FAILURE = 255;

    private static final Duration REFUSAL = Duration.ofSeconds(5);

    private final Remote remote;
    private final Command command;
    private final Job job;
    private final SshSweep.Carrier carrier;
    private final String mark = Mark.next();
    private final long startNanos = System.nanoTime();
    private boolean markedByRequest = true;
    private List<String> words = List.of();
    // Written by the thread that kills, which is the one that reads it.
    private Ending ending = Ending.notConfirmed("ssh cannot signal the other side");

    SshChild(Remote remote, Command command, Job job, SshSweep.Carrier carrier) {
        this.remote = remote;
        this.command = command;
        this.job = job;
        this.carrier = carrier;
    }

    /**
     * Runs {@code options user@host -- line}.
     *
     * @param options from the program on; this adds what keeps ssh's words apart from the command's
     * @param logLevel of ssh_config's LogLevel: given, so that a configuration with QUIET leaves us words to judge by
     */
    Child.Ended run(List<String> options, SshLog log, String logLevel) {
        complete(options, log, logLevel, true);
        try {
            Child.Ended ended = Child.run(
                    builder(options),
                    streams(),
                    job,
                    "running " + command + " on " + remote,
                    Child.Role.CARRIER,
                    this::end);
            if (remote.verbose()) {
                log.lines().forEach(line -> LOG.log(Level.DEBUG, line));
            }
            return ended;
        } catch (IOException e) {
            throw new NotStartedException(
                    "cannot start " + remote.sshProgram() + " for " + command + ": " + e.getMessage(), false, e);
        } catch (StreamFailedException e) {
            throw new OutcomeUnknownException(
                    command + " on " + remote + " was given up (" + ending + "): " + e.getMessage(),
                    e.partialOutput(),
                    e.getCause());
        }
    }

    private void complete(List<String> options, SshLog log, String logLevel, boolean isRun) {
        options.addAll(1, toldTo(isRun));
        options.addAll(Forwardings.cleared(remote));
        // After the caller's words, such as -T: the last of them counts.
        command.pty().ifPresent(pty -> options.add("-tt"));
        options.add("-E");
        options.add(log.path().toString());
        options.add("-oLogLevel=" + logLevel);
        words = List.copyOf(options);
        options.add(remote.userHost().orElseThrow());
        // ssh goes on reading options after the host: a command that starts with a dash must not become one.
        options.add("--");
        options.add(line());
    }

    /** Unless the server is known to take variables, the mark goes in the line where that can hold one. */
    private String line() {
        String line = CommandLine.requireSendable(command.remoteLine());
        ServerFacts server = carrier.server();
        @Nullable UnaryOperator<String> marked =
                // A shell line's mark does not reach its shell, whose end no signal tells here.
                Boolean.TRUE.equals(server.takesVariables()) || command.isShell() || !server.takesMarkedLines()
                        ? null
                        : MarkedLine.of(command, line);
        markedByRequest = marked == null && !server.refusesVariables();
        return marked == null ? line : marked.apply(mark);
    }

    /** Ends the command, and then the ssh that carries it. */
    private Ending end(Process client) {
        Ending ended = SweepPolicy.refusalWithoutSignals(command, carrier.server())
                .map(why -> {
                    KillTree.kill(client);
                    return Ending.notConfirmed("ssh cannot signal the other side, and " + why);
                })
                .orElseGet(() -> new SshSweep(remote, carrier, mark, markedByRequest, startNanos).end(client));
        ending = ended;
        return ended;
    }

    /**
     * As {@link #run}, with the command's streams for the caller.
     *
     * @param verdict what its end means; its {@code close} closes the log
     */
    Started start(List<String> options, SshLog log, String logLevel, ChildStarted.Verdict verdict) {
        complete(options, log, logLevel, false);
        try {
            String doing = "running " + command + " on " + remote;
            Process process = Child.open(builder(options), job, doing);
            return ChildStarted.carrier(process, job, doing, this::end, verdict);
        } catch (IOException | RuntimeException e) {
            log.close();
            if (e instanceof RuntimeException failure) {
                throw failure;
            }
            throw new NotStartedException(
                    "cannot start " + remote.sshProgram() + " for " + command + ": " + e.getMessage(), false, e);
        }
    }

    private ProcessBuilder builder(List<String> words) {
        ProcessBuilder builder = UserEnvironment.builder(carrier.isConnection() ? OwnSession.of(words) : words);
        builder.environment().put(Mark.VARIABLE, mark);
        command.pty().ifPresent(pty -> builder.environment().put("TERM", pty.term()));
        return builder;
    }

    /** A terminal mixes the command's outputs into one; on the other there is only ssh's own "Connection closed". */
    private Command streams() {
        return command.pty().isPresent() ? command.withStderr(Output.discard()) : command;
    }

    /**
     * What a configuration may ask for that would make a command's end or its streams a lie: an input that was given and is
     * not read, an ssh that goes to the background and leaves status 0 behind, no command at all. Options of OpenSSH 8.7;
     * before it they could not be configured.
     */
    private List<String> toldTo(boolean isRun) {
        List<String> words = new ArrayList<>(List.of("-oSendEnv=" + Mark.VARIABLE));
        if (SshVersion.of(remote.sshProgram(), job).isAtLeast(8, 7)) {
            words.add("-oForkAfterAuthentication=no");
            if (!(isRun && command.stdin() instanceof Input.Inherit)) {
                // An input that the caller gives is not the configuration's to take away.
                words.add("-oStdinNull=no");
            }
            if (!command.isSubsystem()) {
                words.add("-oSessionType=default");
            }
        }
        if (command.pty().isPresent()) {
            // ssh reads ~. after a newline of a terminal's input as an order to hang up.
            words.add("-oEscapeChar=none");
        }
        if (command.isSubsystem()) {
            // First, so that a SessionType of others is no longer looked at: -s behind one is refused.
            words.add("-s");
        }
        if (command.isSubsystem() || command.refusesPty()) {
            // A terminal would change its bytes.
            words.add("-oRequestTTY=no");
        }
        return words;
    }

    /**
     * Says why ssh refuses its words before it looks at anything else; null when it does not. It reads them first, and ends
     * on one that it does not know with a complaint on the command's standard error, where anybody could have written that.
     * So it is asked again, to do nothing with them ({@code -G}). Runs ssh, for at most 5 s.
     */
    @Nullable String refusal() {
        List<String> asked = new ArrayList<>(words);
        asked.add(1, "-G");
        int log = asked.indexOf("-E");
        asked.subList(log, log + 2).clear();
        asked.add(remote.userHost().orElseThrow());
        try {
            Child.Ended ended = Child.run(
                    UserEnvironment.builder(asked),
                    Command.of("ssh").withStdout(Output.discard()).withStderr(Output.capture(4096)),
                    Job.withTimeout(REFUSAL),
                    "asking ssh whether it takes its options",
                    Child.Role.PREPARATION);
            String said = new String(ended.stderr().bytes(), StandardCharsets.UTF_8);
            return ended.status() == FAILURE ? said.lines().map(Printable::of).collect(Collectors.joining("; ")) : null;
        } catch (IOException | StreamFailedException | JobException e) {
            LOG.log(Level.DEBUG, "ssh cannot be asked about its options", e);
            return null;
        }
    }

    /** For an ssh that ended by itself before it could have sent the command. */
    NotStartedException refused(String why) {
        return new NotStartedException(
                "ssh did not start " + command + " on " + remote + ": " + (why.isEmpty() ? "it gave no reason" : why)
                        + (inputIntact() ? "" : "; its input stream may be partly used up"),
                false,
                null);
    }

    Link.Ran exited(Child.Ended ended) {
        return new Link.Ran(new Exit.Exited(ended.status()), ended.stdout(), ended.stderr(), Route.DIRECT);
    }

    /** 255 and not a word from ssh: the program cannot tell what it was. */
    Link.Ran ambiguous(Child.Ended ended) {
        String refused = command.isSubsystem() ? ", or no such subsystem on the server" : "";
        Exit exit = new Exit.Ambiguous(
                FAILURE, "exit status 255, death by a signal, or a session that ended without a status" + refused);
        return new Link.Ran(exit, ended.stdout(), ended.stderr(), Route.DIRECT);
    }

    OutcomeUnknownException unknown(Child.Ended ended, List<String> complaints) {
        String said = complaints.isEmpty() ? "" : ": " + String.join("; ", complaints);
        return new OutcomeUnknownException(
                "ssh failed after " + command + " may have been sent to " + remote + said,
                new PartialOutput(ended.stdout().bytes(), ended.stderr().bytes()),
                null);
    }

    /**
     * Whether the command could be run again as it is. A stream cannot: the pump that feeds it may have taken bytes, and
     * may be blocked in it, about to take more.
     */
    boolean inputIntact() {
        return !(command.stdin() instanceof Input.FromStream);
    }

    /** Makes the log before anything else, so that a failure to make it means that nothing was started. */
    SshLog log(Callable<SshLog> creation) {
        try {
            return creation.call();
        } catch (Exception e) {
            throw new NotStartedException(
                    "cannot start ssh for " + command + ": no private log file can be made: " + e
                            + ". Free some space, or make the directory writable",
                    false,
                    e);
        }
    }
}
