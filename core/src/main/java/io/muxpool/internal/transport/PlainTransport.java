package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.Job;
import io.muxpool.NotStartedException;
import io.muxpool.Remote;
import io.muxpool.SshConnectException;
import io.muxpool.internal.process.Child;
import io.muxpool.internal.process.Programs;
import io.muxpool.internal.process.SshLog;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** One ssh process and one handshake per command: when reuse is off, or the platform has no ControlMaster. */
public record PlainTransport(Remote remote) implements Transport {
    // What ssh says when it fails before there is a session, anchored to whole lines of its own log. Only what is on
    // this
    // list counts as not started: a phrase that we do not know leaves the outcome unknown, which is never wrong.
    private static final Pattern BEFORE_SESSION = Pattern.compile("ssh: Could not resolve hostname .*"
            + "|ssh: connect to host .*"
            + "|Host key verification failed\\."
            + "|[^ ]+: Permission denied \\(.*"
            + "|kex_exchange_identification: .*"
            + "|Unable to negotiate with .*"
            + "|command-line: line [0-9]+: .*"
            + "|Bad owner or permissions on .*");

    // clientloop.c: which of the two the server sent for our session. Neither means that the end is not known.
    private static final Pattern EXIT_STATUS =
            Pattern.compile("debug1: client_input_channel_req: channel [0-9]+ rtype exit-status reply [01]");
    private static final Pattern EXIT_SIGNAL =
            Pattern.compile("debug1: client_input_channel_req: channel [0-9]+ rtype exit-signal reply [01]");

    @Override
    public String mode() {
        return "plain";
    }

    @Override
    public boolean needsMaster() {
        return false;
    }

    @Override
    public Link link(Path socket) {
        return this::run;
    }

    private Link.Ran run(Command command, Job job) {
        Programs.requireSsh(remote.sshProgram());
        SshChild child = new SshChild(remote, command, job);
        try (SshLog log = child.log(() -> SshLog.temporary())) {
            // "none": a ControlMaster that the user's configuration asks for would outlive the command, hold its output
            // pipes open, and keep us waiting for it. DEBUG1: at that level ssh notes what the server said of the end.
            Child.Ended ended = child.run(remote.sshOptions(Path.of("none")), log, "DEBUG1");
            return ended.status() == SshChild.FAILURE ? judge(child, ended, log) : child.exited(ended);
        }
    }

    private Link.Ran judge(SshChild child, Child.Ended ended, SshLog log) {
        List<String> lines = log.lines();
        if (lines.stream().anyMatch(line -> EXIT_STATUS.matcher(line).matches())) {
            return child.exited(ended);
        }
        if (lines.stream().anyMatch(line -> EXIT_SIGNAL.matcher(line).matches())) {
            return child.ambiguous(ended);
        }
        List<String> complaints = log.complaints();
        if (complaints.stream().noneMatch(line -> BEFORE_SESSION.matcher(line).matches())) {
            throw child.unknown(ended, complaints);
        }
        String message = "cannot connect to " + remote + ": " + String.join("; ", complaints);
        throw child.inputIntact()
                ? new SshConnectException(message, null)
                : new NotStartedException(message + "; its input stream may be partly used up", false, null);
    }
}
