package io.muxpool.internal.process;

import io.muxpool.Command;
import io.muxpool.CommandResult.Captured;
import io.muxpool.Ending;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.JobCancelledException;
import io.muxpool.JobInterruptedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.Output;
import io.muxpool.PartialOutput;
import io.muxpool.internal.stream.CaptureBuffer;
import io.muxpool.internal.stream.Pumps;
import io.muxpool.internal.stream.StreamFailedException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * One child process from start to end, under a job: its streams pumped, its whole tree killed when the job ends first.
 *
 * <p>Threads: the caller waits, and alone kills. One pump reads stdout; one reads stderr and then waits for the exit
 * status; one feeds stdin when there is something to feed. They meet in {@link #wake}: whoever completes it first decides
 * why the caller wakes.
 */
public final class Child {
    private static final Redirect NULL = Redirect.from(Path.of("/dev/null").toFile());

    private final Process process;
    private final Command streams;
    private final Role role;
    private final Function<Process, Ending> ender;
    private final boolean awaitsExit;
    private final CaptureBuffer stdout;
    private final CaptureBuffer stderr;
    private final CompletableFuture<Void> wake = new CompletableFuture<>();
    private final AtomicInteger running = new AtomicInteger(2);
    private final AtomicLong fed = new AtomicLong();

    /**
     * How a child ended by itself.
     *
     * @param status as Java reports it: 128 + n for death by signal n
     */
    public record Ended(int status, Captured stdout, Captured stderr) {}

    /** What a child is to the command it serves. */
    public enum Role {
        /** It is the command: when it is dead, so is the command. */
        COMMAND,
        /** It carries the command, which runs elsewhere and may outlive it. */
        CARRIER,
        /** It prepares for the command, which starts after it if at all. */
        PREPARATION
    }

    private Child(Process process, Command streams, Role role, Function<Process, Ending> ender, boolean awaitsExit) {
        this.process = process;
        this.streams = streams;
        this.role = role;
        this.ender = ender;
        this.awaitsExit = awaitsExit;
        this.stdout = bufferFor(streams.stdout());
        this.stderr = bufferFor(streams.stderr());
    }

    /**
     * Starts the child and waits for its end and for the end of its outputs, as far as Java lets it: when a child exits,
     * the JDK drains its pipes and closes them, whether or not somebody still writes there. What a process that it left
     * behind writes later may be lost. An ssh that carries a command leaves none behind.
     *
     * @param builder words, directory and environment; its redirects are set here
     * @param streams whose stdin, stdout and stderr to use
     * @param doing what this is, as a clause after "while"
     * @throws IOException when it could not be started: nothing ran
     * @throws StreamFailedException when a stream of the caller's failed; the tree is dead
     * @throws io.muxpool.JobException when the job ended first; the tree is dead
     */
    public static Ended run(ProcessBuilder builder, Command streams, Job job, String doing, Role role)
            throws IOException, StreamFailedException {
        return run(builder, streams, job, doing, role, process -> kill(process, role), true);
    }

    /**
     * As {@link #run(ProcessBuilder, Command, Job, String, Role)}, for a command that is more than the tree of its child.
     *
     * @param ender ends the command and the child, and says what became of the command; it may block
     */
    public static Ended run(
            ProcessBuilder builder, Command streams, Job job, String doing, Role role, Function<Process, Ending> ender)
            throws IOException, StreamFailedException {
        return run(builder, streams, job, doing, role, ender, true);
    }

    /**
     * As {@link #run(ProcessBuilder, Command, Job, String, Role)}, for a preparation that may go on when it has closed its
     * standard output: only that is waited for. Its standard error must not come here.
     *
     * @param ender ends the child
     * @return what it wrote
     */
    static Captured runUntilOutputEnds(
            ProcessBuilder builder, Command streams, Job job, String doing, Function<Process, Ending> ender)
            throws IOException, StreamFailedException {
        return run(builder, streams, job, doing, Role.PREPARATION, ender, false).stdout();
    }

    private static Ended run(
            ProcessBuilder builder,
            Command streams,
            Job job,
            String doing,
            Role role,
            Function<Process, Ending> ender,
            boolean awaitsExit)
            throws IOException, StreamFailedException {
        job.check(doing);
        Words.requireEncodable(builder.command());
        builder.redirectInput(redirect(streams.stdin()));
        builder.redirectOutput(redirect(streams.stdout()));
        builder.redirectError(redirect(streams.stderr()));
        Child child = new Child(spawn(builder, job, doing, role), streams, role, ender, awaitsExit);
        // Registered after the start: a cancel in between runs the action at once, so it is never missed.
        try (Job.Registration registration = job.onCancel(child::cancelled)) {
            child.startPumps();
            return child.await(job, doing);
        } catch (Error e) {
            // No thread for a pump, no memory for a result: the child must not go on without anybody who knows of it.
            child.kill();
            throw e;
        }
    }

    /**
     * Starts a child whose pipes and end are the caller's affair. To be killed with {@link KillTree}.
     *
     * @throws IOException when it could not be started: nothing ran
     * @throws io.muxpool.JobException when the job had ended before
     */
    public static Process open(ProcessBuilder builder, Job job, String doing) throws IOException {
        job.check(doing);
        Words.requireEncodable(builder.command());
        return spawn(builder, job, doing, Role.CARRIER);
    }

    /** The JDK forks first and then starts a thread that awaits the child: without a thread, the child runs all the same. */
    private static Process spawn(ProcessBuilder builder, Job job, String doing, Role role) throws IOException {
        try (FileReservation files = FileReservation.forProcess(job)) {
            return builder.start();
        } catch (OutOfMemoryError e) {
            String what = "no thread can be started to await a process: " + e.getMessage();
            if (role == Role.PREPARATION) {
                throw new IOException(what, e);
            }
            throw new OutcomeUnknownException(what + "; while " + doing + ", which may run", PartialOutput.NONE, e);
        }
    }

    private Ended await(Job job, String doing) throws StreamFailedException {
        try {
            wake.get(job.remainingNanos(), TimeUnit.NANOSECONDS);
            return new Ended(awaitsExit ? process.exitValue() : 0, stdout.captured(), stderr.captured());
        } catch (TimeoutException e) {
            job.check(doing, kill(), partial());
            throw new AssertionError("the deadline has passed, yet the job says it has not", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            Ending ending = kill();
            throw new JobInterruptedException(doing, ending, partial(), e);
        } catch (CancellationException e) {
            Ending ending = kill();
            throw new JobCancelledException(doing, ending, partial());
        } catch (ExecutionException e) {
            kill();
            Throwable failure = Objects.requireNonNull(e.getCause());
            throw new StreamFailedException(String.valueOf(failure.getMessage()), partial(), failure);
        }
    }

    private void cancelled() {
        wake.cancel(false);
    }

    private Ending kill() {
        return ender.apply(process);
    }

    /** Kills the whole tree; returns what that means for the command. */
    private static Ending kill(Process process, Role role) {
        boolean dead = KillTree.kill(process);
        return switch (role) {
            case PREPARATION -> Ending.notStarted();
            case CARRIER -> Ending.notConfirmed("ssh cannot signal the other side");
            case COMMAND ->
                dead
                        ? Ending.confirmedDead()
                        : Ending.notConfirmed("process " + process.pid() + " does not die of KILL");
        };
    }

    /** Of the command; what prepares for one speaks for itself. */
    private PartialOutput partial() {
        return role == Role.PREPARATION
                ? PartialOutput.NONE
                : new PartialOutput(stdout.captured().bytes(), stderr.captured().bytes());
    }

    private void startPumps() {
        if (streams.stdin() instanceof Input.Bytes bytes) {
            pump(() -> feed(new ByteArrayInputStream(bytes.bytes())));
        } else if (streams.stdin() instanceof Input.FromStream from) {
            pump(() -> feed(from.stream()));
        }
        if (isPiped(streams.stdout())) {
            pump(() -> {
                drain("standard output", process.getInputStream(), streams.stdout(), stdout);
                partDone();
            });
        } else {
            partDone();
        }
        if (!awaitsExit) {
            partDone();
            return;
        }
        pump(() -> {
            if (isPiped(streams.stderr())) {
                drain("standard error", process.getErrorStream(), streams.stderr(), stderr);
            }
            awaitExit();
            partDone();
        });
    }

    /** A pump that dies must wake the caller: nobody else would. */
    private void pump(Runnable work) {
        Pumps.start(() -> {
            try {
                work.run();
            } catch (OutOfMemoryError e) {
                fail("an output is larger than the heap can hold; capture it with a limit, or send it to a file", e);
            } catch (RuntimeException | Error e) {
                fail("a stream given to the command failed: " + e, e);
            }
        });
    }

    private void partDone() {
        if (running.decrementAndGet() == 0) {
            wake.complete(null);
        }
    }

    private void awaitExit() {
        boolean exited = false;
        while (!exited) {
            try {
                process.waitFor();
                exited = true;
            } catch (InterruptedException e) {
                // Nobody interrupts a pump; should it happen, the exit status is still what we are here for.
                exited = !process.isAlive();
            }
        }
    }

    /** Reads to the end whatever happens to the sink, so that the child is never blocked on a full pipe. */
    private void drain(String name, InputStream from, Output to, CaptureBuffer buffer) {
        byte[] chunk = new byte[Pumps.BUFFER];
        try (from) {
            for (int n; (n = from.read(chunk)) >= 0; ) {
                if (wake.isDone()) {
                    // Nobody waits any more; read on only so that whoever still writes is not held up.
                    continue;
                }
                if (to instanceof Output.ToStream sink) {
                    write(name, sink.stream(), chunk, n);
                } else {
                    buffer.append(chunk, n);
                }
            }
            if (to instanceof Output.ToStream sink) {
                flush(name, sink.stream());
            }
        } catch (IOException e) {
            // A pipe that breaks has lost bytes: an answer without them must not pass for a whole one.
            fail(name + " of the command could not be read", e);
        }
    }

    // A sink of the caller's may throw anything; its failure must reach the caller, not end a pump in silence.
    private void write(String name, OutputStream sink, byte[] chunk, int n) {
        try {
            sink.write(chunk, 0, n);
        } catch (IOException | RuntimeException e) {
            fail("the stream given for " + name + " failed: " + e, e);
        }
    }

    private void flush(String name, OutputStream sink) {
        try {
            sink.flush();
        } catch (IOException | RuntimeException e) {
            fail("the stream given for " + name + " failed: " + e, e);
        }
    }

    private void feed(InputStream from) {
        OutputStream to = process.getOutputStream();
        byte[] chunk = new byte[Pumps.BUFFER];
        for (; ; ) {
            int n;
            try {
                n = from.read(chunk);
            } catch (IOException | RuntimeException e) {
                // Not closed, so that a local command is killed before it could take half of its input for all of it. A
                // remote one does see a clean end: killing its ssh ends its input, and ssh has no other way to say so.
                fail("the stream given for standard input failed after " + fed.get() + " bytes: " + e, e);
                return;
            }
            try {
                if (n < 0) {
                    to.close();
                    return;
                }
                fed.addAndGet(n);
                to.write(chunk, 0, n);
                to.flush();
            } catch (IOException e) {
                // The child reads no more, which is its right (think of head): its exit status says how that was.
                return;
            }
        }
    }

    private void fail(String message, Throwable cause) {
        wake.completeExceptionally(new IOException(message, cause));
    }

    private static boolean isPiped(Output output) {
        return output instanceof Output.Capture || output instanceof Output.ToStream;
    }

    private static CaptureBuffer bufferFor(Output output) {
        return new CaptureBuffer(output instanceof Output.Capture capture ? capture.limit() : 0);
    }

    private static Redirect redirect(Input input) {
        if (input instanceof Input.FromFile file) {
            return Redirect.from(file.path().toFile());
        }
        if (input instanceof Input.Inherit) {
            return Redirect.INHERIT;
        }
        return input instanceof Input.None ? NULL : Redirect.PIPE;
    }

    private static Redirect redirect(Output output) {
        if (output instanceof Output.ToFile file) {
            return file.append()
                    ? Redirect.appendTo(file.path().toFile())
                    : Redirect.to(file.path().toFile());
        }
        if (output instanceof Output.Inherit) {
            return Redirect.INHERIT;
        }
        return output instanceof Output.Discard ? Redirect.DISCARD : Redirect.PIPE;
    }
}
