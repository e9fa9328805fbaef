package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.CommandResult.Captured;
import io.muxpool.CommandResult.Route;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.PartialOutput;
import io.muxpool.internal.master.PathUnusableException;

/** One connection's worth of a transport: several commands may run over it at once. Thread-safe. */
public interface Link {
    /** What a command that ended left. */
    record Ran(Exit exit, Captured stdout, Captured stderr, Route route) {
        /** The outputs, for an exception. */
        public PartialOutput output() {
            return new PartialOutput(stdout.bytes(), stderr.bytes());
        }

        /** The same, carried another way. */
        public Ran over(Route route) {
            return new Ran(exit, stdout, stderr, route);
        }
    }

    /**
     * Runs a command to its end; blocks up to the job's deadline, and for as long as killing takes behind it.
     *
     * @throws SessionNotOpenedException when it was not started for want of a session, and another link may do better
     * @throws PathUnusableException when it was not started, since its master's path is taken by something else for good
     * @throws io.muxpool.NotStartedException when it was not started
     * @throws io.muxpool.OutcomeUnknownException when it may have been, and its end is not known
     * @throws io.muxpool.JobException when the job ended first
     */
    Ran run(Command command, Job job) throws SessionNotOpenedException, PathUnusableException;

    /** Starts a command and leaves its streams to the caller; throws as {@link #run} does. */
    Started start(Command command, Job job) throws SessionNotOpenedException, PathUnusableException;

    /** Gives up what the link holds. Called once, when nothing runs over it any more. */
    default void close() {}
}
