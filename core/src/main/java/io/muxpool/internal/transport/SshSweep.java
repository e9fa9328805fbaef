package io.muxpool.internal.transport;

import io.muxpool.Ending;
import io.muxpool.Remote;
import io.muxpool.internal.master.ServerFacts;
import io.muxpool.internal.process.KillTree;
import io.muxpool.internal.process.OwnSession;
import io.muxpool.internal.process.SshLog;
import io.muxpool.internal.process.UserEnvironment;
import io.muxpool.internal.sweep.Mark;
import io.muxpool.internal.sweep.Sweep;
import io.muxpool.internal.sweep.Swept;
import io.muxpool.internal.turn.Uninterrupted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Ends a command that an {@code ssh} process carries. ssh passes no signals on, so everything is done by a {@link Sweep}
 * over another {@code ssh}: TERM, the grace, KILL. The one that carries the command is killed last.
 *
 * <p>Blocks its caller as {@link SweepShell} does.
 */
final class SshSweep {
    private final Remote remote;
    private final Carrier carrier;
    private final String mark;
    private final boolean markedByRequest;
    private final long startNanos;

    /** What a transport gives for this. */
    interface Carrier {
        /** The words of an ssh over the same connection, or to the same place, from the program to the last option. */
        List<String> options(SshLog log);

        /** A log for it. */
        SshLog log() throws IOException;

        /** Whether the ssh that carries the command is its connection: then it must outlive a signal to our process group. */
        boolean isConnection();

        /** What is known of the server. */
        ServerFacts server();

        /** Takes what was found out about the server. */
        void serverKnown(ServerFacts facts);
    }

    /**
     * @param mark that the command carries
     * @param markedByRequest as in {@link Sweep}
     * @param startNanos when the command was started, as of {@link System#nanoTime}
     */
    SshSweep(Remote remote, Carrier carrier, String mark, boolean markedByRequest, long startNanos) {
        this.remote = remote;
        this.carrier = carrier;
        this.mark = mark;
        this.markedByRequest = markedByRequest;
        this.startNanos = startNanos;
    }

    /** Ends the command, and then its client. Not interruptible. */
    Ending end(Process client) {
        try {
            return Uninterrupted.call(this::sweep);
        } finally {
            KillTree.kill(client);
        }
    }

    private Ending sweep() {
        try (SshLog log = carrier.log()) {
            List<String> words = new ArrayList<>(carrier.options(log));
            words.add(1, "-oSendEnv=" + Mark.VARIABLE);
            // After the caller's words: a terminal would mix into what the shell says.
            words.add("-T");
            words.addAll(List.of("-E", log.path().toString(), remote.userHost().orElseThrow(), "--"));
            return talk(words);
        } catch (IOException e) {
            return unknown("ssh cannot be started for it: " + e.getMessage());
        }
    }

    private Ending talk(List<String> words) throws IOException {
        SweepShell shell = SweepShell.remote(
                mark,
                markedByRequest,
                startNanos,
                carrier.isConnection() ? Sweep.Place.ELSEWHERE : Sweep.Place.OF_THE_COMMAND);
        Sweep sweep = shell.sweep();
        words.add(sweep.line());
        try {
            Swept swept = shell.run(
                    // Another signal to our group must not end it.
                    UserEnvironment.builder(OwnSession.of(words)),
                    remote.killGrace().toNanos(),
                    "looking for what a command started on " + remote);
            return ending(swept, sweep.hasSeen());
        } finally {
            if (sweep.isGreeted()) {
                ServerFacts facts = carrier.server().withShell();
                carrier.serverKnown(sweep.isMarked().map(facts::withVariables).orElse(facts));
            }
        }
    }

    private static Ending ending(Swept swept, boolean seen) {
        if (swept instanceof Swept.Left left) {
            return Ending.livesOn(left.survivors());
        }
        if (swept instanceof Swept.NotLooked not) {
            return unknown(not.why());
        }
        return seen ? Ending.confirmedDead() : unknown("no process that carries its mark was found there");
    }

    private static Ending unknown(String why) {
        return Ending.notConfirmed("ssh cannot signal the other side, and another session could not end it: " + why);
    }
}
