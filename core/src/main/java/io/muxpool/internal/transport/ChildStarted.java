package io.muxpool.internal.transport;

import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PartialOutput;
import io.muxpool.internal.process.ExitGuard;
import io.muxpool.internal.stream.CutStream;
import io.muxpool.internal.stream.Pumps;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A local child, which is the command or carries it, in its caller's hands; and the end of its job, which kills it. */
final class ChildStarted implements Started, ExitGuard.Ending {
    private final Process process;
    private final Job job;
    private final String doing;
    private final boolean isTheCommand;
    private final Function<Process, Ending> ender;
    private final CompletableFuture<Ending> killed = new CompletableFuture<>();
    private final CompletableFuture<Exit> exited = new CompletableFuture<>();
    private final Verdict verdict;
    // A master keeps what its client gave it, our pipes, until the server closes the session: long after the client.
    private final CutStream stdout;
    private final CutStream stderr;
    private final CompletableFuture<Left> freed = new CompletableFuture<>();
    private final AtomicBoolean killing = new AtomicBoolean();

    /** What the end of the child means. Asked once, in this order, by a thread that may block. */
    @FunctionalInterface
    interface Verdict {
        /** What a status of its own means, or the exception that says why nothing. */
        Exit of(int status);

        /** The child was killed by us; what it carried may not have been. */
        default void killed() {}

        /** The last word on it was spoken. */
        default void close() {}
    }

    /**
     * A child that is the command itself.
     *
     * @param doing as in {@link Job#check(String)}
     * @param ender ends the command, and says what became of it; it may block
     */
    static ChildStarted command(
            Process process, Job job, String doing, Function<Process, Ending> ender, Verdict verdict) {
        return new ChildStarted(process, job, doing, true, ender, verdict);
    }

    /**
     * An ssh that carries the command.
     *
     * @param doing as in {@link Job#check(String)}
     * @param ender ends the command and the child, and says what became of the command; it may block
     */
    static ChildStarted carrier(
            Process process, Job job, String doing, Function<Process, Ending> ender, Verdict verdict) {
        return new ChildStarted(process, job, doing, false, ender, verdict);
    }

    private ChildStarted(
            Process process,
            Job job,
            String doing,
            boolean isTheCommand,
            Function<Process, Ending> ender,
            Verdict verdict) {
        this.process = process;
        this.job = job;
        this.doing = doing;
        this.isTheCommand = isTheCommand;
        this.ender = ender;
        this.verdict = verdict;
        this.stdout = new CutStream(process.getInputStream());
        this.stderr = new CutStream(process.getErrorStream());
        Job.Registration registration = job.onCancel(this::kill);
        if (job.timeout().isPresent()) {
            CompletableFuture<Void> deadline = new CompletableFuture<>();
            deadline.completeOnTimeout(null, job.remainingNanos(), TimeUnit.NANOSECONDS)
                    .thenRun(this::kill);
            freed.thenRun(() -> deadline.cancel(false));
        }
        if (!isTheCommand) {
            // A local command outlives this JVM like any process that Java starts, an ssh that is being killed must
            // not.
            ExitGuard.watch(this);
        }
        process.onExit().thenAccept(ended -> {
            ExitGuard.release(this);
            registration.close();
            if (killing.compareAndSet(false, true)) {
                killed.complete(Ending.firstProcessDead("it ended by itself"));
                end(() -> verdict.of(ended.exitValue()), Left.NOTHING);
            } else {
                killed.thenAccept(ending -> end(
                        () -> endByUs(ended.exitValue(), ending),
                        ending.fate() == Ending.Fate.NOT_CONFIRMED ? Left.MAYBE_A_SESSION : Left.NOTHING));
            }
        });
    }

    private void end(Supplier<Exit> exit, Left left) {
        try {
            exited.complete(exit.get());
        } catch (RuntimeException e) {
            exited.completeExceptionally(e);
        } finally {
            verdict.close();
            freed.complete(left);
        }
    }

    private Exit endByUs(int status, Ending ending) {
        verdict.killed();
        cut();
        job.check(doing, ending, PartialOutput.NONE);
        if (isTheCommand) {
            return verdict.of(status);
        }
        throw new OutcomeUnknownException(doing + " was given up (" + ending + ")", PartialOutput.NONE, null);
    }

    private void cut() {
        IOException why = new IOException(doing + " was given up");
        stdout.cut(why);
        stderr.cut(why);
    }

    @Override
    public OutputStream stdin() {
        return process.getOutputStream();
    }

    @Override
    public InputStream stdout() {
        return stdout;
    }

    @Override
    public InputStream stderr() {
        return stderr;
    }

    @Override
    public CompletableFuture<Exit> exited() {
        return exited;
    }

    @Override
    public CompletableFuture<Left> freed() {
        return freed;
    }

    /** Only TERM and KILL, and only to the child: an ssh passes no signals on. */
    @Override
    public CompletableFuture<Boolean> signal(String name) {
        if (isTheCommand && name.equals("TERM")) {
            process.destroy();
            return CompletableFuture.completedFuture(true);
        }
        if (isTheCommand && name.equals("KILL")) {
            process.destroyForcibly();
            return CompletableFuture.completedFuture(true);
        }
        return CompletableFuture.failedFuture(
                new IOException("signal " + name + " cannot be sent by this transport: mux can"));
    }

    @Override
    public boolean takesSignals() {
        return isTheCommand;
    }

    @Override
    public CompletableFuture<Ending> kill() {
        if (killing.compareAndSet(false, true)) {
            if (!isTheCommand) {
                // The end of its client is none of the command's: it must not look like that.
                cut();
            }
            Pumps.startSoon(() -> {
                Ending ending = Ending.notConfirmed("its killing failed");
                try {
                    ending = ender.apply(process);
                } finally {
                    killed.complete(ending);
                }
            });
        }
        return freed.thenCompose(done -> killed);
    }

    @Override
    public @Nullable CompletableFuture<?> ending() {
        try {
            job.check(doing);
            return killing.get() && !killed.isDone() ? killed : null;
        } catch (JobException e) {
            return kill();
        }
    }

    @Override
    public void abandon() {
        process.destroyForcibly();
    }

    @Override
    public void resize(int columns, int rows) {
        // There is no way to tell an ssh without a terminal of its own.
    }
}
