package io.muxpool;

import io.muxpool.internal.pool.Slot;

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
     * <p>When the job ends first, the local processes are killed. The command on the other side loses its connection's
     * streams but is not killed by that: what neither reads nor writes goes on, and the exception cannot say otherwise.
     * Until it ends, it keeps its session on the server, and here a thread of this library and the pipe of its standard
     * error. Its standard input ends as if all had been sent: see {@link Input#stream}.
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

    @Override
    public void close() {
        slot.close();
    }

    @Override
    public String toString() {
        return "Connection[" + slot + "]";
    }
}
