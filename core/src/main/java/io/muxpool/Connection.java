package io.muxpool;

import io.muxpool.internal.pool.Slot;
import java.util.concurrent.CompletableFuture;

/**
 * The right to run one command at a time over a pooled connection. Thread-safe: commands of several threads on one {@code
 * Connection} run one after another; for commands side by side take several from the pool.
 *
 * <p>Close it to return it to its pool; closing twice, or after the pool, does nothing. A command that runs at that
 * moment goes on, and the slot is free when it ends.
 */
public final class Connection implements AutoCloseable {
    private final Slot slot;

    Connection(Slot slot) {
        this.slot = slot;
    }

    /** Runs a program with these words and without a deadline; see {@link #run(Command, Job)}. */
    public CommandResult run(String... argv) {
        return run(Command.of(argv), Job.create());
    }

    /** Runs a command without a deadline; see {@link #run(Command, Job)}. */
    public CommandResult run(Command command) {
        return run(command, Job.create());
    }

    /**
     * Runs a command to its end and to the end of its outputs. Blocks: for a connection to be made when there is none
     * yet, and until the command is done, at most until the job's deadline.
     *
     * <p>When the job ends first, the command is killed, local or remote: TERM, {@link Remote#killGrace}, KILL. The
     * exception says whether it is dead, and why not when it is not known ({@link JobException#ending}). A remote command is
     * ended whole, with all that it started, also in other process groups and sessions, unless it is {@link
     * Command#withDetached detached}. This needs a POSIX {@code sh} on the other side, and a mark in the environment of the
     * command, which a server takes with {@code AcceptEnv LC_*}, or which the command line holds where a shell is known to
     * read it. Finding out takes at most the grace beyond the deadline, and 0.6 s (or four round trips, at most 3 s) for the
     * server's answers, and 2 s for looking at its processes.
     *
     * <p>The transports {@code PROCESS} and {@code PLAIN} have no signals. There the command is ended by another session
     * alone, which takes at most the grace and 5 s. It is not made where the account may have a forced command, which the
     * session would run once more. Then the command only loses its streams; what neither reads nor writes goes on. Until it
     * ends, it keeps its session on the server, and here a thread of this library and the pipe of its standard error. Its
     * standard input ends as if all had been sent: see {@link Input#stream}.
     *
     * <p>In local mode the end is the exit of the process itself. What processes that it left behind write later may be
     * missing; over ssh it is waited for.
     *
     * @return whatever the exit status; {@link CommandResult#check()} insists on 0
     * @throws SshConnectException not started, no connection; safe to retry
     * @throws NotStartedException not started, and only the user can mend it: the message says how
     * @throws OutcomeUnknownException the connection was lost under way: look before running it again
     * @throws JobTimeoutException the deadline passed; holds what was captured until then
     * @throws JobCancelledException the job was cancelled
     * @throws JobInterruptedException the thread was interrupted; its flag is set again
     * @throws IllegalStateException this connection, or its pool, is closed
     */
    public CommandResult run(Command command, Job job) {
        return slot.run(command, job);
    }

    /**
     * {@link #run(Command, Job)} in a thread of its own: a virtual one where the JVM has them. Returns at once; commands on
     * one connection still run one after another.
     *
     * @return done with the result, or failed with what {@code run} throws. Cancelling it ends this command, and no other
     *     of the job, as an interrupt would
     */
    public CompletableFuture<CommandResult> runAsync(Command command, Job job) {
        return Async.call(() -> run(command, job));
    }

    /**
     * Starts a command and leaves its streams to the caller: see {@link RemoteProcess}. The command's own {@code stdin},
     * {@code stdout} and {@code stderr} are not looked at. Blocks until the command is sent. Other commands on this
     * connection wait until its outputs have come to their end; closing the connection leaves it running.
     *
     * @param job what bounds the process's life: when it ends first, the process is killed
     * @throws RuntimeException as {@link #run(Command, Job)} does, as far as the start is concerned
     */
    public RemoteProcess start(Command command, Job job) {
        return new RemoteProcess(slot.start(command, job));
    }

    /** Starts a command without a deadline; see {@link #start(Command, Job)}. */
    public RemoteProcess start(Command command) {
        return start(command, Job.create());
    }

    @Override
    public void close() {
        slot.close();
    }

    @Override
    public String toString() {
        return "Connection[" + slot + "]";
    }
}
