package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PartialOutput;
import io.muxpool.internal.mux.End;
import io.muxpool.internal.mux.Running;
import io.muxpool.internal.stream.Pumps;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A command over a channel in its caller's hands, and the end of its job, which kills it. */
final class MuxStarted implements Started {
    private final MuxLink link;
    private final MuxLink.Way way;
    private final Command command;
    private final Running running;
    private final Job job;
    private final CompletableFuture<Exit> exited = new CompletableFuture<>();
    private final CompletableFuture<Left> freed = new CompletableFuture<>();

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock: there is one killing, whoever asks.
    private @Nullable CompletableFuture<Ending> killing;
    private boolean jobEnded;

    MuxStarted(MuxLink link, MuxLink.Way way, Command command, Running running, Job job) {
        this.link = link;
        this.way = way;
        this.command = command;
        this.running = running;
        this.job = job;
        running.exited().thenAccept(this::processEnded);
        running.ended().thenRun(this::channelEnded);
        Job.Registration registration = job.onCancel(() -> Pumps.startSoon(this::endJob));
        @Nullable Runnable undo = job.timeout().isEmpty() ? null : running.schedule(job.remainingNanos(), this::endJob);
        link.lookAfter(way, running);
        freed.thenRun(() -> {
            registration.close();
            if (undo != null) {
                undo.run();
            }
        });
    }

    private void processEnded(Exit exit) {
        if (!endedByJob()) {
            exited.complete(exit);
        }
    }

    private void channelEnded() {
        End end = running.end();
        if (!(end instanceof End.Completed) && !exited.isDone() && !endedByJob()) {
            exited.completeExceptionally(why(end));
        }
        freed.complete(Left.NOTHING);
    }

    private RuntimeException why(End end) {
        try {
            return link.failure(command, running, end);
        } catch (SessionNotOpenedException e) {
            // The connection ended before the command had left this process.
            return new NotStartedException(command + " was not started: " + e.getMessage(), true, e);
        }
    }

    private boolean endedByJob() {
        lock.lock();
        try {
            return jobEnded;
        } finally {
            lock.unlock();
        }
    }

    private void endJob() {
        lock.lock();
        try {
            // Has it exited, then what is left of it are streams that nobody reads to their end.
            jobEnded = !exited.isDone();
        } finally {
            lock.unlock();
        }
        // Also behind a killing that was over before the job was: its end may not have been told for the job's.
        kill().thenAccept(this::killed);
    }

    /** Nobody who waits for its end, or for its slot, waits any longer than for this. */
    private void killed(Ending ending) {
        boolean ended = !running.mayHoldItsSession(ending);
        if (endedByJob()) {
            try {
                job.check(link.doing(command), ending, PartialOutput.NONE);
            } catch (JobException e) {
                exited.completeExceptionally(e);
            }
        } else if (!ended) {
            exited.completeExceptionally(new OutcomeUnknownException(
                    link.doing(command) + " was given up (" + ending + ")", PartialOutput.NONE, null));
        }
        // Should the server still hold its session, the link has put that to account.
        freed.complete(ended ? Left.NOTHING : Left.MAYBE_A_SESSION);
    }

    @Override
    public OutputStream stdin() {
        return running.stdinStream();
    }

    @Override
    public InputStream stdout() {
        return running.stdoutStream();
    }

    @Override
    public InputStream stderr() {
        return running.stderrStream();
    }

    @Override
    public CompletableFuture<Exit> exited() {
        return exited;
    }

    @Override
    public CompletableFuture<Left> freed() {
        return freed;
    }

    @Override
    public CompletableFuture<Boolean> signal(String name) {
        return running.signal(name);
    }

    @Override
    public CompletableFuture<Ending> kill() {
        @Nullable CompletableFuture<Ending> start = null;
        CompletableFuture<Ending> known;
        lock.lock();
        try {
            if (killing == null) {
                killing = new CompletableFuture<>();
                start = killing;
            }
            known = killing;
        } finally {
            lock.unlock();
        }
        if (start != null) {
            CompletableFuture<Ending> told = start;
            link.startKill(way, command, running).thenAccept(ending -> {
                killed(ending);
                told.complete(ending);
            });
        }
        return known;
    }

    @Override
    public boolean takesSignals() {
        return true;
    }

    @Override
    public void resize(int columns, int rows) {
        running.resize(columns, rows);
    }
}
