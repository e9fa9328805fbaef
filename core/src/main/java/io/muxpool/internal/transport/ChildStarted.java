package io.muxpool.internal.transport;

import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.PartialOutput;
import io.muxpool.internal.process.KillTree;
import io.muxpool.internal.stream.Pumps;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;

/** A local child, which is the command or carries it, in its caller's hands; and the end of its job, which kills it. */
final class ChildStarted implements Started {
    private final Process process;
    private final Job job;
    private final String doing;
    private final Ending killed;
    private final CompletableFuture<Exit> exited = new CompletableFuture<>();
    private final CompletableFuture<Void> freed = new CompletableFuture<>();
    private final AtomicBoolean killing = new AtomicBoolean();

    /**
     * @param doing as in {@link Job#check(String)}
     * @param killed what is known of the command when the child was killed
     * @param judge what the child's status means, or the exception that says why nothing
     */
    ChildStarted(Process process, Job job, String doing, Ending killed, IntFunction<Exit> judge) {
        this.process = process;
        this.job = job;
        this.doing = doing;
        this.killed = killed;
        Job.Registration registration = job.onCancel(this::kill);
        if (job.timeout().isPresent()) {
            CompletableFuture<Void> deadline = new CompletableFuture<>();
            deadline.completeOnTimeout(null, job.remainingNanos(), TimeUnit.NANOSECONDS)
                    .thenRun(this::kill);
            freed.thenRun(() -> deadline.cancel(false));
        }
        process.onExit().thenAccept(ended -> {
            registration.close();
            end(judge, ended.exitValue());
        });
    }

    private void end(IntFunction<Exit> judge, int status) {
        try {
            if (killing.get()) {
                job.check(doing, killed, PartialOutput.NONE);
            }
            exited.complete(judge.apply(status));
        } catch (RuntimeException e) {
            exited.completeExceptionally(e);
        } finally {
            freed.complete(null);
        }
    }

    @Override
    public OutputStream stdin() {
        return process.getOutputStream();
    }

    @Override
    public InputStream stdout() {
        return process.getInputStream();
    }

    @Override
    public InputStream stderr() {
        return process.getErrorStream();
    }

    @Override
    public CompletableFuture<Exit> exited() {
        return exited;
    }

    @Override
    public CompletableFuture<Void> freed() {
        return freed;
    }

    /** Only TERM and KILL, and only to the child: an ssh passes no signals on. */
    @Override
    public CompletableFuture<Boolean> signal(String name) {
        if (killed.fate() == Ending.Fate.CONFIRMED_DEAD && name.equals("TERM")) {
            process.destroy();
            return CompletableFuture.completedFuture(true);
        }
        if (killed.fate() == Ending.Fate.CONFIRMED_DEAD && name.equals("KILL")) {
            process.destroyForcibly();
            return CompletableFuture.completedFuture(true);
        }
        return CompletableFuture.failedFuture(
                new IOException("signal " + name + " cannot be sent by this transport: mux can"));
    }

    @Override
    public CompletableFuture<Ending> kill() {
        if (killing.compareAndSet(false, true)) {
            Pumps.start(() -> KillTree.kill(process));
        }
        return freed.thenApply(done -> killed);
    }

    @Override
    public void resize(int columns, int rows) {
        // There is no way to tell an ssh without a terminal of its own.
    }
}
