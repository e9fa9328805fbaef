package io.muxpool.internal.pool;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.CommandResult.Captured;
import io.muxpool.CommandResult.Route;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.JobCancelledException;
import io.muxpool.JobTimeoutException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PoolEvent;
import io.muxpool.internal.pool.SlotTable.Line;
import io.muxpool.internal.shell.Shown;
import io.muxpool.internal.stream.Pumps;
import io.muxpool.internal.text.Printable;
import io.muxpool.internal.transport.Link;
import io.muxpool.internal.transport.Started;
import io.muxpool.internal.turn.Turn;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The right to one session at a time on one of the pool's lines. Thread-safe: commands of several threads on one slot run
 * one after another. It goes back to the pool once: when closed, or when the command that runs at that moment ends.
 */
public final class Slot implements AutoCloseable {
    private static final Logger LOG = System.getLogger("io.muxpool.command");

    private final Pool pool;

    // All guarded by this, for moments only. Slots come and go with every command, so they have no lock objects.
    // The turn is held while a command runs: one session per slot.
    private @Nullable Turn turn;
    private @Nullable Line<PooledLink> line;
    private boolean busy;
    private boolean closed;

    private Slot(Pool pool, Line<PooledLink> line) {
        this.pool = pool;
        this.line = line;
    }

    /** Takes a slot of the pool; blocks up to the job's deadline when the pool is bounded and full. */
    public static Slot take(Pool pool, Job job) {
        long start = System.nanoTime();
        Slot slot = new Slot(pool, pool.take(job));
        pool.events().happened(() -> new PoolEvent.SlotTaken(Duration.ofNanos(System.nanoTime() - start)));
        return slot;
    }

    /**
     * Runs a command; see {@link io.muxpool.Connection#run(Command, Job)} for what it throws.
     *
     * @throws IllegalStateException when this slot or its pool is closed
     */
    public CommandResult run(Command command, Job job) {
        long start = System.nanoTime();
        requireOpen();
        if (command.isDryRun()) {
            announce("Would execute: ", command);
            Link.Ran nothing = new Link.Ran(new Exit.Exited(0), Captured.NONE, Captured.NONE, Route.DIRECT);
            return result(command, nothing, start);
        }
        turn().take(job, "waiting for the command that runs on the same connection");
        try {
            begin();
            try {
                announce("Executing: ", command);
                CommandResult result = result(command, pool.run(this, command, job), start);
                ended(result.exit().success() ? "success" : "failure", command, start);
                return result;
            } catch (RuntimeException e) {
                ended(status(e), command, start);
                throw e;
            } finally {
                end();
            }
        } finally {
            turn().end();
        }
    }

    /**
     * Starts a command whose streams are the caller's. The slot is taken until its channel has ended.
     *
     * @throws IllegalStateException when this slot or its pool is closed
     */
    public Started start(Command command, Job job) {
        long start = System.nanoTime();
        requireOpen();
        if (command.isDryRun()) {
            announce("Would execute: ", command);
            return new NothingStarted();
        }
        turn().take(job, "waiting for the command that runs on the same connection");
        boolean running = false;
        try {
            begin();
            try {
                announce("Executing: ", command);
                Started started = pool.start(this, command, job);
                running = true;
                // Not in the thread that tells it, which may be the one that reads for everyone.
                started.freed().thenAccept(left -> Pumps.startSoon(() -> finished(started, command, start)));
                return started;
            } catch (RuntimeException e) {
                ended(status(e), command, start);
                throw e;
            } finally {
                if (!running) {
                    end();
                }
            }
        } finally {
            if (!running) {
                turn().end();
            }
        }
    }

    private void finished(Started started, Command command, long start) {
        try {
            // A channel that ends has told before what there was to tell.
            ended(status(started.exited()), command, start);
        } finally {
            try {
                end();
            } finally {
                turn().end();
            }
        }
    }

    private synchronized Turn turn() {
        if (turn == null) {
            turn = new Turn();
        }
        return turn;
    }

    private void requireOpen() {
        if (isClosed()) {
            throw closedAlready();
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private void begin() {
        synchronized (this) {
            busy = !closed;
            if (busy) {
                return;
            }
        }
        throw closedAlready();
    }

    private IllegalStateException closedAlready() {
        return new IllegalStateException("this connection is closed: take another from " + pool);
    }

    private void end() {
        @Nullable Line<PooledLink> returned;
        synchronized (this) {
            busy = false;
            returned = closed ? line : null;
        }
        if (returned != null) {
            pool.giveBack(returned);
        }
    }

    /** The line that commands run on now; asked for by the pool, while a command runs. */
    Line<PooledLink> line(Job job) {
        synchronized (this) {
            if (line != null) {
                return line;
            }
        }
        // An earlier move gave the old line back and got no new one in its time.
        Line<PooledLink> taken = pool.take(job);
        set(taken);
        return taken;
    }

    /** Gives the line back before another is taken: at the bound of a pool, it may be what another waits for. */
    void leave(Line<PooledLink> old) {
        set(null);
        pool.giveBack(old);
    }

    private synchronized void set(@Nullable Line<PooledLink> line) {
        this.line = line;
    }

    /** Returns the slot to the pool; does nothing the second time, or after the pool was closed. */
    @Override
    public void close() {
        @Nullable Line<PooledLink> returned;
        synchronized (this) {
            returned = closed || busy ? null : line;
            closed = true;
        }
        if (returned != null) {
            pool.giveBack(returned);
        }
    }

    private static CommandResult result(Command command, Link.Ran ran, long start) {
        return new CommandResult(
                command.argv(),
                ran.exit(),
                ran.stdout(),
                ran.stderr(),
                Duration.ofNanos(System.nanoTime() - start),
                ran.route());
    }

    private void announce(String verb, Command command) {
        if (LOG.isLoggable(command.logLevel())) {
            LOG.log(command.logLevel(), verb + words(command));
        }
    }

    /** The words that run, without the socket and without variables: those may be secrets. */
    private String words(Command command) {
        List<String> ssh = pool.remote().sshWords(null);
        // Whole, however long: this is where they can be looked up.
        String own = Printable.of(command.isShell() ? command.argv().get(0) : Shown.line(command.argv()));
        return ssh.isEmpty() ? own : Printable.of(Shown.line(ssh)) + " " + own;
    }

    private void ended(String status, Command command, long start) {
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        pool.events().happened(() -> new PoolEvent.CommandEnded(command, status, elapsed));
        if (LOG.isLoggable(Level.TRACE)) {
            LOG.log(Level.TRACE, status + " after " + elapsed.toMillis() + " ms: " + command);
        }
    }

    private static String status(CompletableFuture<Exit> exited) {
        try {
            return exited.join().success() ? "success" : "failure";
        } catch (CompletionException e) {
            return e.getCause() instanceof RuntimeException failure ? status(failure) : "failure";
        }
    }

    private static String status(RuntimeException e) {
        if (e instanceof NotStartedException) {
            return "not started";
        } else if (e instanceof OutcomeUnknownException) {
            return "unknown";
        }
        return e instanceof JobTimeoutException ? "timeout" : e instanceof JobCancelledException ? "cancel" : "failure";
    }

    @Override
    public String toString() {
        return "slot of " + pool;
    }
}
