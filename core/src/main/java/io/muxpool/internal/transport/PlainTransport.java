package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.CommandResult.Captured;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.NotStartedException;
import io.muxpool.Remote;
import io.muxpool.SshConnectException;
import io.muxpool.internal.master.LoginPace;
import io.muxpool.internal.master.ServerFacts;
import io.muxpool.internal.process.Child;
import io.muxpool.internal.process.Programs;
import io.muxpool.internal.process.SshLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One ssh process and one handshake per command: when reuse is off, or the platform has no ControlMaster. */
public record PlainTransport(Remote remote, List<String> servers) implements Transport.Direct {
    // What ssh says when it fails before there is a session, anchored to whole lines of its own log. Only what is
    // on this list counts as not started: a phrase that we do not know leaves the outcome unknown, which is never
    // wrong.
    private static final Pattern BEFORE_SESSION = Pattern.compile("ssh: Could not resolve hostname .*"
            + "|ssh: connect to host .*"
            + "|Host key verification failed\\."
            + "|[^ ]+: Permission denied \\(.*"
            + "|(kex|ssh)_exchange_identification: .*"
            + "|Unable to negotiate with .*"
            + "|command-line: line [0-9]+: .*"
            + "|Bad owner or permissions on .*");

    // clientloop.c: the answer to our request for one.
    private static final Pattern NO_SUBSYSTEM = Pattern.compile("subsystem request failed on channel [0-9]+");

    // clientloop.c: what the server said of the end of our session's process. ssh names the function once, hpnssh twice
    // (its debug_f does it again). Nothing else may stand in front: a line that quotes the server must not pass for it.
    private static final Pattern PROCESS_END = Pattern.compile(
            "debug1: (?:client_input_channel_req: ){1,2}channel ([0-9]+) rtype exit-(status|signal) reply [01]");

    // clientloop.c, at debug level: written before the request that starts the command.
    private static final Pattern SENDS = Pattern.compile("debug1: Sending (?:command|subsystem): .*");

    private static final Pattern CONNECTS = Pattern.compile("debug1: (?:Connecting to|Executing proxy command:) .*");

    private static final Pattern LOGGED_IN = Pattern.compile("Authenticated to .*");

    private static final Pattern DEBUGGING = Pattern.compile("debug[12]: .*");

    @Override
    public String mode() {
        return "plain";
    }

    @Override
    public Link link() {
        return new DirectLink(this::run, this::start);
    }

    /** Sweeps over a connection of their own; the log of the command's own login says what is known of the account. */
    private final class Carrier implements SshSweep.Carrier {
        private volatile @Nullable SshLog login;
        private volatile ServerFacts found = ServerFacts.toldOf(remote);

        @Override
        public List<String> options(SshLog log) {
            return remote.sshOptions(Path.of("none"));
        }

        @Override
        public SshLog log() throws IOException {
            return SshLog.temporary();
        }

        @Override
        public boolean isConnection() {
            return true;
        }

        @Override
        public ServerFacts server() {
            SshLog log = login;
            return log == null ? found : found.or(ServerFacts.of(log.lines()));
        }

        @Override
        public void serverKnown(ServerFacts facts) {
            found = facts;
        }
    }

    private Link.Ran run(Command command, Job job) {
        Programs.requireSsh(remote.sshProgram());
        try (LoginPace.Login login = LoginPace.login(servers)) {
            while (true) {
                // Not counted: when the login of a command is over is not told before the command is.
                login.pause(job, "connecting to " + remote);
                try {
                    return runOnce(command, job);
                } catch (SshConnectException e) {
                    List<String> said = List.of(reason(e).split("; ", -1));
                    if (!LoginPace.isRefusal(List.of(), said) || !login.refused(said, job)) {
                        throw e;
                    }
                }
            }
        }
    }

    private String reason(SshConnectException e) {
        return String.valueOf(e.getMessage()).replace(cannotConnect(), "");
    }

    private String cannotConnect() {
        return "cannot connect to " + remote + ": ";
    }

    private Link.Ran runOnce(Command command, Job job) {
        Carrier carrier = new Carrier();
        SshChild child = new SshChild(remote, command, job, carrier);
        try (SshLog log = child.log(() -> SshLog.temporary())) {
            carrier.login = log;
            // "none": a ControlMaster that the user's configuration asks for would outlive the command, hold its output
            // pipes open, and keep us waiting for it. DEBUG2: at that level ssh notes what the server said of the end.
            return judge(child, command, child.run(remote.sshOptions(Path.of("none")), log, "DEBUG2"), log);
        }
    }

    private Started start(Command command, Job job) {
        Programs.requireSsh(remote.sshProgram());
        Carrier carrier = new Carrier();
        SshChild child = new SshChild(remote, command, job, carrier);
        SshLog log = child.log(() -> SshLog.temporary());
        carrier.login = log;
        return child.start(remote.sshOptions(Path.of("none")), log, "DEBUG2", new ChildStarted.Verdict() {
            @Override
            public Exit of(int status) {
                return judge(child, command, new Child.Ended(status, Captured.NONE, Captured.NONE), log)
                        .exit();
            }

            @Override
            public void close() {
                log.close();
            }
        });
    }

    /**
     * A status is sent when the process exits, and the connection may be lost with output still on its way. So it counts
     * only with the end of its channel behind it, which nchan.c notes when both sides have closed and all is written out.
     */
    private Link.Ran judge(SshChild child, Command command, Child.Ended ended, SshLog log) {
        List<String> lines = log.lines();
        for (String line : lines) {
            Matcher end = PROCESS_END.matcher(line);
            if (end.matches() && isDead(lines, end.group(1))) {
                return end.group(2).equals("status") ? child.exited(ended) : child.ambiguous(ended);
            }
        }
        if (ended.status() != SshChild.FAILURE && !has(lines, DEBUGGING)) {
            // The caller's own options silenced ssh (-q): its status is all there is.
            return child.exited(ended);
        }
        List<String> complaints = log.complaints();
        if (ended.status() == SshChild.FAILURE && has(complaints, NO_SUBSYSTEM)) {
            throw new NotStartedException(
                    remote + " refuses the subsystem " + command
                            + ": is there a Subsystem line for it in its sshd_config?",
                    false,
                    null);
        }
        if (ended.status() == SshChild.FAILURE && log.isEmpty()) {
            String refusal = child.refusal();
            if (refusal != null) {
                throw child.refused(refusal);
            }
        }
        boolean neverSent = log.isWhole() && has(lines, DEBUGGING) && !has(lines, SENDS);
        if (ended.status() == SshChild.FAILURE && neverSent && !has(complaints, BEFORE_SESSION)) {
            if (has(lines, CONNECTS) && !has(lines, LOGGED_IN) && child.inputIntact()) {
                // Such as a server that closes the connection before the login.
                throw new SshConnectException(
                        "cannot connect to " + remote + ": " + String.join("; ", complaints), null);
            }
            throw child.refused(String.join("; ", complaints));
        }
        if (ended.status() != SshChild.FAILURE || !has(complaints, BEFORE_SESSION)) {
            throw child.unknown(ended, complaints);
        }
        String message = cannotConnect() + String.join("; ", complaints);
        throw child.inputIntact()
                ? new SshConnectException(message, null)
                : new NotStartedException(message + "; its input stream may be partly used up", false, null);
    }

    /** nchan.c, with the name of its function in front where a debug_f says it. */
    private static boolean isDead(List<String> lines, String channel) {
        Pattern dead = Pattern.compile("debug2: (?:chan_is_dead: ){0,2}channel " + channel + ": is dead");
        return has(lines, dead);
    }

    private static boolean has(List<String> lines, Pattern pattern) {
        return lines.stream().anyMatch(line -> pattern.matcher(line).matches());
    }
}
