package io.muxpool;

import io.muxpool.internal.stream.Pumps;
import io.muxpool.internal.transport.Started;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A command that runs elsewhere, as a {@link Process}: what is written for processes works over ssh. Thread-safe.
 *
 * <p>Its three streams are live. Writing blocks while the other side takes no more, reading until there is something; with
 * the native transport an interrupt ends either with an {@link java.io.InterruptedIOException}. No more than a receive
 * window (2 MiB, growing to the pool's {@code maxReceiveWindow} for a reader that keeps up) is held here, whatever the
 * other side sends; a command whose output nobody reads stands still. Close a stream that is not wanted, and what comes
 * is dropped.
 *
 * <p>The process ends ({@link #waitFor}, {@link #onExit}) when it has exited, though its outputs may still be on their
 * way. Its connection takes another command when its outputs have come to their end too.
 *
 * <p>When the {@link Job} it was started under ends, it is killed.
 */
public final class RemoteProcess extends Process {
    private static final Logger LOG = System.getLogger("io.muxpool.process");

    private final Started started;
    private final InputStream stdout;
    private final InputStream stderr;
    private final OutputStream stdin;

    RemoteProcess(Started started) {
        this.started = started;
        this.stdout = started.stdout();
        this.stderr = started.stderr();
        this.stdin = started.stdin();
    }

    /** Towards the command's standard input. Not buffered: each write is sent. */
    @Override
    public OutputStream getOutputStream() {
        return stdin;
    }

    /** The command's standard output. Throws when the connection is lost before its end, which is not an end of file. */
    @Override
    public InputStream getInputStream() {
        return stdout;
    }

    /** The command's standard error; empty with a {@link Pty}, where all goes to standard output. */
    @Override
    public InputStream getErrorStream() {
        return stderr;
    }

    /**
     * How the process ended, waited for.
     *
     * @throws OutcomeUnknownException the connection was lost before its end was told
     * @throws NotStartedException the server would not run it
     * @throws JobException its job ended first, and it was killed: the exception says whether it is dead
     * @throws InterruptedException while waiting; the process goes on
     */
    public Exit exit() throws InterruptedException {
        try {
            return started.exited().get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** {@link Exit#shellCode} of how it ended, waited for; throws as {@link #exit} does. */
    @Override
    public int waitFor() throws InterruptedException {
        return exit().shellCode();
    }

    /** Waits for its end, however it ends, at most so long; false when it still runs. */
    @Override
    public boolean waitFor(long timeout, TimeUnit unit) throws InterruptedException {
        try {
            started.exited().get(timeout, unit);
            return true;
        } catch (ExecutionException e) {
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    /**
     * {@link Exit#shellCode} of how it ended.
     *
     * @throws IllegalThreadStateException when it still runs
     * @throws RuntimeException as {@link #exit} does, when its end is not known
     */
    @Override
    public int exitValue() {
        if (isAlive()) {
            throw new IllegalThreadStateException("the process has not exited");
        }
        try {
            return started.exited().join().shellCode();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    /** Whether its end has not been told yet. */
    @Override
    public boolean isAlive() {
        return !started.exited().isDone();
    }

    /**
     * Done with this process when it has ended; failed, as {@link #exit} is, when its end is not known. What depends on it
     * runs in a thread of its own, and may block.
     */
    @Override
    public CompletableFuture<Process> onExit() {
        return handedOver(started.exited().thenApply(exit -> this));
    }

    /** What completes in the thread that reads for everyone must not run a caller's code there. */
    private static <T> CompletableFuture<T> handedOver(CompletableFuture<T> known) {
        return known.whenCompleteAsync((value, failure) -> {}, Pumps::start);
    }

    /**
     * Sends it a signal; returns at once.
     *
     * @param name without SIG: HUP, INT, KILL, QUIT, TERM, USR1 or USR2 (RFC 4254 section 6.10)
     * @return done with whether the server delivers it: sshd before 7.9 does not, nor up to 9.7 for root, nor any for
     *     subsystems and forced commands. Failed when the process has ended, and where the transport has no signals
     */
    public CompletableFuture<Boolean> signal(String name) {
        if (!name.matches("[A-Z0-9]{1,16}")) {
            throw new IllegalArgumentException("a signal's name is in capitals and without SIG: \"" + name + "\"");
        }
        return handedOver(started.signal(name));
    }

    /**
     * Sends TERM; returns at once. Where that cannot be delivered, kills it as {@link #destroyForcibly} does. What of its
     * outputs is not read by its end is dropped, as with any {@link Process}: it could not end otherwise.
     */
    @Override
    public void destroy() {
        started.signal("TERM").whenComplete((delivered, failure) -> {
            if (isAlive() && (failure != null || !delivered)) {
                started.kill();
            }
        });
        started.exited().whenComplete((exit, failure) -> Pumps.startSoon(this::dropOutputs));
    }

    private void dropOutputs() {
        try (InputStream out = stdout;
                InputStream err = stderr) {
            // Closing is all.
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing the outputs of a destroyed command", e);
        }
    }

    /**
     * Kills it and what it started: TERM, the remote's {@code killGrace}, KILL, and its channel is closed. Returns at once.
     * Does nothing when it has ended and its outputs have come to their end.
     */
    @Override
    public Process destroyForcibly() {
        started.kill();
        return this;
    }

    /**
     * As {@link #destroyForcibly}, done when it is known whether it is dead; how long that takes at most, {@link
     * Connection#run(Command, Job)} says.
     */
    public CompletableFuture<Ending> kill() {
        return handedOver(started.kill());
    }

    /** Whether {@link #destroy} lets it clean up: with the native transport, and on this machine. */
    @Override
    public boolean supportsNormalTermination() {
        return started.takesSignals();
    }

    /** Tells its terminal ({@link Command#withPty}) another size; nothing happens without one. */
    public void resize(int columns, int rows) {
        started.resize(columns, rows);
    }

    /** Not to be had: the server does not tell the process's number. */
    @Override
    public long pid() {
        throw new UnsupportedOperationException("the server does not tell the process id of a remote command");
    }

    @Override
    public String toString() {
        return "RemoteProcess[" + (isAlive() ? "running" : "ended") + "]";
    }
}
