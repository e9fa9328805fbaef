package io.muxpool.internal.mux;

import io.muxpool.Command;
import io.muxpool.CommandResult.Captured;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Input;
import io.muxpool.Output;
import io.muxpool.PartialOutput;
import io.muxpool.internal.mux.channel.EventLoop;
import io.muxpool.internal.stream.CaptureBuffer;
import io.muxpool.internal.stream.InheritedInput;
import io.muxpool.internal.stream.InheritedOutput;
import io.muxpool.internal.stream.Pumps;
import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A command over a channel with its streams where the caller wants them. What is captured or dropped needs no thread: the
 * loop does it. What goes to a stream, or comes from one, may block, and so has a pump.
 */
public final class Running {
    private static final Logger LOG = System.getLogger("io.muxpool.mux");

    /** After the exit, how long the outputs must be quiet to be taken for complete when their end is not waited for. */
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /** How long outputs that are never quiet are gone on with after the exit, while their reader keeps up. */
    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final String STANDARD_OUTPUT = "standard output";

    private final Exchange exchange;
    private final Sessions sessions;
    private final @Nullable CaptureBuffer stdout;
    private final @Nullable CaptureBuffer stderr;
    private final List<CompletableFuture<Void>> pumps = new ArrayList<>();
    private final CompletableFuture<StreamFailure> failed = new CompletableFuture<>();
    private boolean takesFromStream;
    private @Nullable QueueInlet out;
    private @Nullable QueueInlet err;

    /**
     * A stream of the caller's that failed.
     *
     * @param message which, and what it threw
     */
    public record StreamFailure(String message, Throwable cause) {}

    private Running(
            Exchange exchange, Sessions sessions, @Nullable CaptureBuffer stdout, @Nullable CaptureBuffer stderr) {
        this.exchange = exchange;
        this.sessions = sessions;
        this.stdout = stdout;
        this.stderr = stderr;
    }

    /**
     * Prepares a command and starts it as soon as there is a channel. Never waits.
     *
     * @return null when as many commands run as may
     * @throws IOException when a file of its streams cannot be opened; nothing was started
     */
    public static @Nullable Running start(Sessions sessions, Script script, Command command) throws IOException {
        try (Opened opened = new Opened()) {
            @Nullable InputStream from = opened.input(command.stdin());
            @Nullable OutputStream out = opened.output(command.stdout(), FileDescriptor.out);
            @Nullable OutputStream err = opened.output(command.stderr(), FileDescriptor.err);
            @Nullable CaptureBuffer stdout = buffer(command.stdout());
            @Nullable CaptureBuffer stderr = buffer(command.stderr());
            Inlet toOut = inlet(stdout, out);
            Inlet toErr = inlet(stderr, err);
            Outlet input = command.stdin() instanceof Input.None
                    ? null
                    : command.stdin() instanceof Input.Bytes bytes ? Outlet.of(bytes.bytes()) : new Outlet();
            Exchange exchange = new Exchange(script, toOut, toErr, input);
            Running running = new Running(exchange, sessions, stdout, stderr);
            running.drainWith(toOut, out, STANDARD_OUTPUT, command.stdout());
            running.drainWith(toErr, err, "standard error", command.stderr());
            running.feedWith(from, command.stdin());
            exchange.broken()
                    .thenAccept(e -> running.fail(
                            "an output is larger than the heap can hold; capture it with a limit, or send it to a file",
                            e));
            if (command.returnsOnExit()) {
                exchange.exited().thenRun(() -> running.endWhenQuiet(System.nanoTime(), 0));
            }
            if (!sessions.start(exchange)) {
                return null;
            }
            opened.keep();
            return running;
        }
    }

    /**
     * Starts a command as soon as there is a channel, its streams for the caller to read and write. Never waits.
     *
     * @return null when as many commands run as may
     */
    public static @Nullable Running open(Sessions sessions, Script script) {
        QueueInlet out = new QueueInlet();
        QueueInlet err = new QueueInlet();
        Running running = new Running(new Exchange(script, out, err, new Outlet()), sessions, null, null);
        running.out = out;
        running.err = err;
        return sessions.start(running.exchange) ? running : null;
    }

    private static @Nullable CaptureBuffer buffer(Output output) {
        return output instanceof Output.Capture capture ? new CaptureBuffer(capture.limit()) : null;
    }

    private static Inlet inlet(@Nullable CaptureBuffer buffer, @Nullable OutputStream sink) {
        return buffer != null ? new Inlet.Capturing(buffer) : sink != null ? new QueueInlet() : new Inlet.Discarding();
    }

    // ---- pumps: started when the command is sent, so that one that never was has taken nothing from a stream

    private void drainWith(Inlet inlet, @Nullable OutputStream sink, String name, Output output) {
        if (inlet instanceof QueueInlet queue && sink != null) {
            if (name.equals(STANDARD_OUTPUT)) {
                out = queue;
            } else {
                err = queue;
            }
            CompletableFuture<Void> done = new CompletableFuture<>();
            pumps.add(done);
            exchange.sent().whenComplete((sent, failure) -> {
                if (failure == null) {
                    pump(() -> drain(queue, sink, name, output instanceof Output.ToFile), done);
                } else {
                    closeUnused(output instanceof Output.ToFile ? sink : null);
                    done.complete(null);
                }
            });
        }
    }

    private static void closeUnused(@Nullable Closeable file) {
        try (Closeable closed = file) {
            // Opened for a command that was never sent.
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing a file that was not used", e);
        }
    }

    private void pump(Runnable work, CompletableFuture<Void> done) {
        try {
            Pumps.start(() -> {
                try {
                    work.run();
                } catch (RuntimeException | Error e) {
                    fail("a stream given to the command failed: " + e, e);
                } finally {
                    done.complete(null);
                }
            });
        } catch (Error e) {
            // No thread to be had.
            done.complete(null);
            fail("no thread for a stream of the command: " + e, e);
        }
    }

    private void drain(QueueInlet from, OutputStream sink, String name, boolean close) {
        try (OutputStream closed = close ? sink : OutputStream.nullOutputStream()) {
            for (ByteBuffer chunk; (chunk = from.take()) != null; ) {
                sink.write(chunk.array(), chunk.arrayOffset() + chunk.position(), chunk.remaining());
                from.tookAll(chunk.remaining());
            }
            sink.flush();
        } catch (IOException | RuntimeException e) {
            if (!exchange.end().isDone() || exchange.end().getNow(null) instanceof End.Completed) {
                fail("the stream given for " + name + " failed: " + e, e);
            }
        } finally {
            from.discard();
        }
    }

    private void feedWith(@Nullable InputStream from, Input input) {
        takesFromStream = input instanceof Input.FromStream || input instanceof Input.Inherit;
        if (from != null) {
            boolean close = input instanceof Input.FromFile;
            exchange.sent().whenComplete((sent, failure) -> {
                if (failure == null) {
                    pump(() -> feed(from, close), new CompletableFuture<>());
                } else {
                    closeUnused(close ? from : null);
                }
            });
        } else if (input instanceof Input.Inherit) {
            exchange.sent().thenRun(() -> pump(this::feedInherited, new CompletableFuture<>()));
            exchange.end().thenRun(InheritedInput::wake);
        }
    }

    private void feed(InputStream from, boolean close) {
        byte[] chunk = new byte[Pumps.BUFFER];
        long fed = 0;
        try (InputStream closed = close ? from : InputStream.nullInputStream()) {
            for (int n; (n = from.read(chunk)) >= 0; ) {
                fed += n;
                if (!exchange.stdin().write(chunk, 0, n)) {
                    // The command reads no more, which is its right (think of head).
                    return;
                }
            }
            exchange.stdin().end();
        } catch (IOException | RuntimeException e) {
            // No end of input: the command is killed before it could take half of its input for all of it.
            fail("the stream given for standard input failed after " + fed + " bytes: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void feedInherited() {
        try {
            while (true) {
                byte[] chunk = InheritedInput.next(() -> !exchange.end().isDone());
                if (chunk == null) {
                    exchange.stdin().end();
                    return;
                }
                if (!exchange.stdin().write(chunk, 0, chunk.length)) {
                    return;
                }
            }
        } catch (IOException e) {
            fail("standard input cannot be read: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void fail(String message, Throwable cause) {
        failed.complete(new StreamFailure(message, cause));
    }

    /** Towards the command's standard input. */
    public OutputStream stdinStream() {
        return exchange.stdin().stream();
    }

    /** The command's standard output, of an {@link #open opened} one. */
    public InputStream stdoutStream() {
        return Objects.requireNonNull(out).stream();
    }

    /** The command's standard error, likewise. */
    public InputStream stderrStream() {
        return Objects.requireNonNull(err).stream();
    }

    /** Done when the server has told how the command's process ended; failed when it never will. */
    public CompletableFuture<Exit> exited() {
        return exchange.exited();
    }

    /** Done when the channel has ended: {@link #end} is there then. */
    public CompletableFuture<Void> ended() {
        return exchange.end().thenAccept(end -> {});
    }

    /** Gives up waiting for a channel; true when nothing was sent, and nothing will be. */
    public boolean withdraw() {
        return exchange.withdraw();
    }

    /** Signals the command; the answer says whether the server delivers it. */
    public CompletableFuture<Boolean> signal(String name) {
        return exchange.signal(name);
    }

    /** Tells the command's terminal its size. */
    public void resize(int columns, int rows) {
        exchange.resize(columns, rows);
    }

    /** Runs an action on the loop after a delay; the loop's own must not block. Running what is returned takes it back. */
    public Runnable schedule(long nanos, Runnable action) {
        return loop().schedule(nanos, action)::cancel;
    }

    // ---- the end

    /**
     * Ends a command that has exited, once everything that it wrote before has most likely come. What it started may hold
     * the outputs open, and write on for ever.
     *
     * @param looked when this was looked at last
     * @param spent how long its outputs have been coming since the exit, without the times when nobody took them
     */
    private void endWhenQuiet(long looked, long spent) {
        if (exchange.end().isDone()) {
            return;
        }
        long now = System.nanoTime();
        long quiet = now - exchange.lastNews();
        if (isBehind(out) || isBehind(err)) {
            // Its reader is slow, so the server may hold more that the command wrote.
            loop().schedule(QUIET_NANOS, () -> endWhenQuiet(now + QUIET_NANOS, spent));
        } else if (quiet >= QUIET_NANOS || spent + now - looked >= MOST_NANOS) {
            exchange.giveUp(null);
        } else {
            loop().schedule(QUIET_NANOS - quiet, () -> endWhenQuiet(now, spent + now - looked));
        }
    }

    private static boolean isBehind(@Nullable QueueInlet output) {
        return output != null && output.isBehind();
    }

    private EventLoop loop() {
        return sessions.loop();
    }

    /** Done when the channel has ended, and all of the output is where it was to go: {@link #end} is there then. */
    public CompletableFuture<Void> settled() {
        CompletableFuture<Void> ended = exchange.end().thenAccept(end -> {});
        return pumps.isEmpty()
                ? ended
                : CompletableFuture.allOf(pumps.toArray(CompletableFuture[]::new))
                        .thenCompose(all -> ended);
    }

    /** Whether the command could be run again as it is: nothing was taken from a stream that cannot be read twice. */
    public boolean inputIntact() {
        boolean fed = exchange.sent().isDone() && !exchange.sent().isCompletedExceptionally();
        return !(takesFromStream && fed);
    }

    /** How the channel ended. Only when it has. */
    public End end() {
        return exchange.end().join();
    }

    /** Done when a stream of the caller's failed. The command is for the caller of this to kill. */
    public CompletableFuture<StreamFailure> failed() {
        return failed;
    }

    /** Done when the command has been sent, and may have started; failed when it never was. */
    public CompletableFuture<Void> sent() {
        return exchange.sent();
    }

    /** Done when the server holds no session for it any more, as far as this side can know. */
    public CompletableFuture<Void> freed() {
        return exchange.freed();
    }

    /**
     * Kills the command and what it started: TERM, the grace, KILL. Done when it is known what became of it, which {@link
     * Killer} bounds; one whose first process may live counts as a session of the connection's from then on.
     */
    public CompletableFuture<Ending> kill(KillPlan plan) {
        return Killer.kill(exchange, sessions, plan).thenApply(ending -> {
            if (mayHoldItsSession(ending)) {
                // Until the CLOSE it counts as running.
                exchange.freed().thenRun(() -> sessions.abandoned(1));
            }
            return ending;
        });
    }

    /** Whether the server may keep the session of a command that was killed: as long as its first process lives. */
    public boolean mayHoldItsSession(Ending ending) {
        return ending.fate() != Ending.Fate.NOT_STARTED
                && !(exchange.exited().isDone() && !exchange.exited().isCompletedExceptionally());
    }

    /** What was captured so far of standard output. */
    public Captured stdout() {
        return stdout == null ? Captured.NONE : stdout.captured();
    }

    /** What was captured so far of standard error. */
    public Captured stderr() {
        return stderr == null ? Captured.NONE : stderr.captured();
    }

    /** Both, for an exception. */
    public PartialOutput partial() {
        return new PartialOutput(stdout().bytes(), stderr().bytes());
    }

    /** Files opened for a command's streams: closed again when it is not started. */
    private static final class Opened implements AutoCloseable {
        private final List<AutoCloseable> files = new ArrayList<>();

        @Nullable InputStream input(Input input) throws IOException {
            if (input instanceof Input.FromFile file) {
                InputStream opened = new FileInputStream(file.path().toFile());
                files.add(opened);
                return opened;
            }
            return input instanceof Input.FromStream from ? from.stream() : null;
        }

        @Nullable OutputStream output(Output output, FileDescriptor own) throws IOException {
            if (output instanceof Output.ToFile file) {
                OutputStream opened = new FileOutputStream(file.path().toFile(), file.append());
                files.add(opened);
                return opened;
            }
            if (output instanceof Output.Inherit) {
                return new InheritedOutput(own);
            }
            return output instanceof Output.ToStream to ? to.stream() : null;
        }

        void keep() {
            files.clear();
        }

        @Override
        public void close() throws IOException {
            for (AutoCloseable file : files) {
                try {
                    file.close();
                } catch (IOException e) {
                    throw e;
                } catch (Exception e) {
                    throw new IOException(e);
                }
            }
        }
    }
}
