package io.muxpool.internal.transport;

import io.muxpool.Job;
import io.muxpool.internal.process.Child;
import io.muxpool.internal.process.ExitGuard;
import io.muxpool.internal.process.KillTree;
import io.muxpool.internal.stream.Pumps;
import io.muxpool.internal.sweep.Mark;
import io.muxpool.internal.sweep.Sweep;
import io.muxpool.internal.sweep.Swept;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Sweep} over the pipes of a child process, which is the shell or an ssh to it: TERM, the grace, KILL.
 *
 * <p>Blocks its caller for the grace and at most {@link #ANSWERS_NANOS} more.
 */
final class SweepShell {
    private static final Logger LOG = System.getLogger("io.muxpool.ssh");

    /** For a shell to start, and to look at every process; for a connection of its own where there is no master. */
    private static final long ANSWERS_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long COUNT_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Sweep sweep;
    private final String ownMark;
    private final Pipe pipe;

    private SweepShell(Sweep sweep, String ownMark, Pipe pipe) {
        this.sweep = sweep;
        this.ownMark = ownMark;
        this.pipe = pipe;
    }

    /**
     * For the command of another machine.
     *
     * @param target the mark of the command
     * @param markedByRequest as in {@link Sweep}
     * @param startNanos when the command was started, as of {@link System#nanoTime}
     */
    static SweepShell remote(String target, boolean markedByRequest, long startNanos, Sweep.Place place) {
        String own = Mark.next();
        Pipe pipe = new Pipe();
        Sweep sweep =
                new Sweep(target, markedByRequest, () -> System.nanoTime() - startNanos, place, () -> own, pipe::write);
        return new SweepShell(sweep, own, pipe);
    }

    /** For a command of this machine with that mark, started then. */
    static SweepShell local(String target, long startNanos) {
        String own = Mark.next();
        Pipe pipe = new Pipe();
        Sweep sweep = new Sweep(
                target, false, () -> System.nanoTime() - startNanos, Sweep.Place.HERE, () -> own, pipe::write);
        return new SweepShell(sweep, own, pipe);
    }

    Sweep sweep() {
        return sweep;
    }

    /**
     * Ends the processes of the command.
     *
     * @param builder of the child, which runs {@link Sweep#line}
     * @param graceNanos between TERM and KILL; 0 for KILL at once
     * @param doing what this is, as a clause after "while"
     * @throws IOException when the child could not be started
     */
    Swept run(ProcessBuilder builder, long graceNanos, String doing) throws IOException {
        builder.redirectError(ProcessBuilder.Redirect.DISCARD).environment().put(Mark.VARIABLE, ownMark);
        Process child = Child.open(builder, Job.create(), doing);
        ExitGuard.watch(child);
        try {
            pipe.to = child.getOutputStream();
            Pumps.start(() -> read(child));
            return await(graceNanos);
        } finally {
            KillTree.kill(child);
            ExitGuard.release(child);
        }
    }

    private void read(Process child) {
        byte[] chunk = new byte[4096];
        try (InputStream from = child.getInputStream()) {
            for (int n; (n = from.read(chunk)) >= 0; ) {
                sweep.received(ByteBuffer.wrap(chunk, 0, n));
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "reading what a sweep found", e);
        }
        sweep.ended();
    }

    private Swept await(long grace) {
        long start = System.nanoTime();
        Wait wait = new Wait(start, grace + ANSWERS_NANOS);
        // Whichever comes first.
        if (!wait.until(CompletableFuture.anyOf(sweep.ready(), sweep.swept()))) {
            return new Swept.NotLooked("no shell answered there in time");
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
            return new Swept.NotLooked("no answer in time");
        }
        return sweep.swept().join();
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
