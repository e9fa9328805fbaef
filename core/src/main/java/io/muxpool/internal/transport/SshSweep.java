package io.muxpool.internal.transport;

import io.muxpool.Ending;
import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.internal.master.ServerFacts;
import io.muxpool.internal.process.Child;
import io.muxpool.internal.process.ExitGuard;
import io.muxpool.internal.process.KillTree;
import io.muxpool.internal.process.SshLog;
import io.muxpool.internal.process.UserEnvironment;
import io.muxpool.internal.stream.Pumps;
import io.muxpool.internal.sweep.Mark;
import io.muxpool.internal.sweep.Sweep;
import io.muxpool.internal.sweep.Swept;
import io.muxpool.internal.turn.Uninterrupted;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends a command that an {@code ssh} process carries. ssh passes no signals on, so everything is done by a {@link Sweep}
 * over another {@code ssh}: TERM, the grace, KILL. The one that carries the command is killed last.
 *
 * <p>Blocks its caller for the grace and at most {@link #ANSWERS_NANOS} more.
 */
final class SshSweep {
    private static final Logger LOG = System.getLogger("io.muxpool.ssh");

    /** For a shell to start, and to look at every process; for a connection of its own where there is no master. */
    private static final long ANSWERS_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long COUNT_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

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
        Pipe pipe = new Pipe();
        String own = Mark.next();
        Sweep sweep = new Sweep(mark, markedByRequest, () -> System.nanoTime() - startNanos, () -> own, pipe::write);
        words.add(sweep.line());
        ProcessBuilder builder = UserEnvironment.builder(words).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put(Mark.VARIABLE, own);
        Process ssh = Child.open(builder, Job.create(), "looking for what a command started on " + remote);
        ExitGuard.watch(ssh);
        try {
            pipe.to = ssh.getOutputStream();
            Pumps.start(() -> read(ssh, sweep));
            return await(sweep);
        } finally {
            if (sweep.isGreeted()) {
                ServerFacts facts = carrier.server().withShell();
                carrier.serverKnown(sweep.isMarked().map(facts::withVariables).orElse(facts));
            }
            KillTree.kill(ssh);
            ExitGuard.release(ssh);
        }
    }

    private static void read(Process ssh, Sweep sweep) {
        byte[] chunk = new byte[4096];
        try (InputStream from = ssh.getInputStream()) {
            for (int n; (n = from.read(chunk)) >= 0; ) {
                sweep.received(ByteBuffer.wrap(chunk, 0, n));
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "reading what a sweep found", e);
        }
        sweep.ended();
    }

    private Ending await(Sweep sweep) {
        long start = System.nanoTime();
        long grace = remote.killGrace().toNanos();
        Wait wait = new Wait(start, grace + ANSWERS_NANOS);
        // Whichever comes first.
        if (!wait.until(CompletableFuture.anyOf(sweep.ready(), sweep.swept()))) {
            return unknown("no shell answered there in time");
        }
        if (sweep.ready().isDone() && grace > 0) {
            long pause = COUNT_AGAIN_NANOS;
            CompletableFuture<Integer> counting = sweep.term(true);
            while (true) {
                int left = wait.count(counting, sweep);
                if (left <= 0 || System.nanoTime() - start >= grace) {
                    break;
                }
                wait.pause(Math.min(pause, grace - (System.nanoTime() - start)));
                pause *= 2;
                counting = sweep.count();
            }
        } else if (sweep.ready().isDone()) {
            wait.count(sweep.count(), sweep);
        }
        if (sweep.ready().isDone()) {
            sweep.finish();
        }
        if (!wait.until(sweep.swept())) {
            return unknown("no answer in time");
        }
        return ending(sweep.swept().join(), sweep.hasSeen());
    }

    private static Ending ending(Swept swept, boolean seen) {
        if (swept instanceof Swept.Left left) {
            return Ending.livesOn(left.survivors());
        }
        if (swept instanceof Swept.NotLooked not) {
            return unknown(not.why());
        }
        return seen ? Ending.confirmedDead() : unknown("none of its processes was found there");
    }

    private static Ending unknown(String why) {
        return Ending.notConfirmed("ssh cannot signal the other side, and another session could not end it: " + why);
    }

    /** Towards the shell's standard input. A shell that reads no more is heard of at the end of its output. */
    private static final class Pipe {
        private volatile @Nullable OutputStream to;

        void write(byte[] bytes) {
            OutputStream stream = to;
            try {
                if (stream != null) {
                    stream.write(bytes);
                    stream.flush();
                }
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "a sweep's shell reads no more", e);
            }
        }
    }

    /** Waiting with one limit for all. */
    private record Wait(long start, long nanos) {
        boolean until(CompletableFuture<?> done) {
            long left = Math.max(1, nanos - (System.nanoTime() - start));
            return done.handle((value, failure) -> true)
                    .completeOnTimeout(false, left, TimeUnit.NANOSECONDS)
                    .join();
        }

        /** A count; negative when the sweep has ended without it. */
        int count(CompletableFuture<Integer> counting, Sweep sweep) {
            boolean inTime = until(CompletableFuture.anyOf(counting, sweep.swept()));
            return inTime && counting.isDone() ? counting.join() : -1;
        }

        void pause(long pauseNanos) {
            new CompletableFuture<Void>()
                    .completeOnTimeout(null, Math.max(1, pauseNanos), TimeUnit.NANOSECONDS)
                    .join();
        }
    }
}
