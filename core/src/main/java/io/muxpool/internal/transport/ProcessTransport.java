package io.muxpool.internal.transport;

import io.muxpool.AttachPolicy;
import io.muxpool.Command;
import io.muxpool.CommandResult.Captured;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.NotStartedException;
import io.muxpool.Remote;
import io.muxpool.ShellQuote;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.internal.master.ServerFacts;
import io.muxpool.internal.process.Child;
import io.muxpool.internal.process.SshLog;
import io.muxpool.internal.transport.SessionNotOpenedException.Why;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** One {@code ssh -S} process per command over a master's connection: no handshake, but a fork and an exec. */
public record ProcessTransport(Remote remote) implements Transport.OnMaster {
    // What our ProxyCommand writes into ssh's log; see run().
    private static final String NO_SESSION = "muxpool: no session on the master";

    // mux.c: the master has not got the whole request, so it cannot have opened a session for it.
    private static final String NOT_WRITTEN = "mux_client_request_session: write packet: ";

    // ssh.c: what is wrong with its words, before it looks for a master.
    private static final Pattern REFUSAL = Pattern.compile(
            "Cannot execute command-line and remote command\\."
                    + "|command-line:? line [0-9]+: .*|Bad owner or permissions on .*|.*: terminating, [0-9]+ bad configuration options");

    @Override
    public String mode() {
        return "process";
    }

    @Override
    public Link link(ControlMaster master, LinkOwner owner) {
        return new ProcessLink(this, master, owner);
    }

    /**
     * An ssh that gets no session from the master goes on, and connects by itself: a cold connection that nobody counts,
     * and no word about the refusal in its status. So it is given a ProxyCommand that connects nowhere and notes in
     * ssh's log that it was reached. That note is proof that no session was opened; only when the master vanished with
     * the request unanswered (mux.c: "read from master failed") may it have been, on the far side.
     */
    Link.Ran run(Command command, Path socket, Job job, LinkOwner owner) throws SessionNotOpenedException {
        SshChild child = new SshChild(remote, command, job, carrier(socket, owner));
        try (SshLog log = child.log(() -> log(socket))) {
            return judge(child, child.run(words(socket, log), log, "INFO"), log);
        }
    }

    /**
     * As {@link #run}, with the streams for the caller; a session that was not opened shows in the end.
     *
     * @param judged what to make of an exit: its master may be gone
     * @param killed to be done when its client was killed
     */
    Started start(Command command, Path socket, Job job, LinkOwner owner, UnaryOperator<Exit> judged, Runnable killed) {
        SshChild child = new SshChild(remote, command, job, carrier(socket, owner));
        SshLog log = child.log(() -> log(socket));
        return child.start(words(socket, log), log, "INFO", new ChildStarted.Verdict() {
            @Override
            public Exit of(int status) {
                try {
                    return judged.apply(judge(child, new Child.Ended(status, Captured.NONE, Captured.NONE), log)
                            .exit());
                } catch (SessionNotOpenedException e) {
                    throw new NotStartedException(command + " was not started: " + e.getMessage(), true, e);
                }
            }

            @Override
            public void killed() {
                killed.run();
            }

            @Override
            public void close() {
                log.close();
            }
        });
    }

    private SshSweep.Carrier carrier(Path socket, LinkOwner owner) {
        return new SshSweep.Carrier() {
            @Override
            public List<String> options(SshLog log) {
                return words(socket, log);
            }

            @Override
            public SshLog log() throws IOException {
                return ProcessTransport.this.log(socket);
            }

            @Override
            public boolean isConnection() {
                return false;
            }

            @Override
            public ServerFacts server() {
                ServerFacts known = owner.server();
                if (known.software() == null || known.forcedCommand() == null) {
                    owner.serverKnown(ServerFacts.of(SshLog.keptLines(socket)), true);
                }
                return owner.server();
            }

            @Override
            public void serverKnown(ServerFacts facts) {
                owner.serverKnown(facts, true);
            }
        };
    }

    /** Beside a socket of our own, where pruning finds it; never in a directory that is not ours. */
    private SshLog log(Path socket) throws IOException {
        return remote.attach() == AttachPolicy.REQUIRE_EXISTING ? SshLog.temporary() : SshLog.beside(socket);
    }

    private static Link.Ran judge(SshChild child, Child.Ended ended, SshLog log) throws SessionNotOpenedException {
        if (ended.status() != SshChild.FAILURE) {
            return child.exited(ended);
        }
        List<String> complaints = log.complaints();
        if (complaints.isEmpty()) {
            return child.ambiguous(ended);
        }
        if (complaints.stream().allMatch(line -> REFUSAL.matcher(line).matches())) {
            throw child.refused(String.join("; ", complaints));
        }
        if (complaints.stream().anyMatch(line -> line.startsWith(NOT_WRITTEN))) {
            throw new SessionNotOpenedException(
                    String.join("; ", complaints)
                            + " (the master takes at most 256 KiB for the command and the variables of SendEnv and SetEnv"
                            + " together)",
                    Why.GONE,
                    child.inputIntact());
        }
        if (provesNoSession(complaints)) {
            List<String> reasons = complaints.stream()
                    .filter(line -> line.startsWith("mux") || line.startsWith("Control socket"))
                    .toList();
            boolean refused =
                    reasons.stream().anyMatch(line -> line.contains("session request failed: Session open refused"));
            throw new SessionNotOpenedException(
                    String.join("; ", reasons), refused ? Why.REFUSED : Why.GONE, child.inputIntact());
        }
        throw child.unknown(ended, complaints);
    }

    /** Ours come first, right behind the program: of two values for one option ssh takes the first. */
    private List<String> words(Path socket, SshLog log) {
        List<String> words = remote.sshOptions(socket);
        // A jump host has no place here: this ssh connects to nothing, and refuses -J beside a ProxyCommand.
        for (int i = words.size() - 1; i > 0; i--) {
            if (words.get(i).equals("-J")) {
                words.subList(i, Math.min(i + 2, words.size())).clear();
            } else if (words.get(i).startsWith("-J")) {
                words.remove(i);
            }
        }
        // A configured ControlMaster=auto would make this process a second master.
        words.addAll(1, List.of("-oControlMaster=no", "-oProxyCommand=" + note(log.path())));
        return words;
    }

    private static boolean provesNoSession(List<String> complaints) {
        return complaints.contains(NO_SESSION)
                && complaints.stream().noneMatch(line -> line.contains("read from master failed"))
                // The note alone: ssh was told to keep quiet, and the line above might be what it kept quiet about.
                && complaints.size() > 1;
    }

    /**
     * The command that notes in the log that it was reached. ssh takes the end of its output for a lost connection and
     * kills it: so the output must stay open until the note is written, and only the inner echo is redirected.
     */
    private static String note(Path log) {
        // No quotes within quotes: this line is for the user's own login shell, whichever that is.
        return "sh -c 'echo \"$0\" >>\"$1\"' '" + NO_SESSION + "' "
                + ShellQuote.single(log.toString()).replace("%", "%%");
    }
}
