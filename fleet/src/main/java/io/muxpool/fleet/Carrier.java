package io.muxpool.fleet;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.Job;

/**
 * Who runs a command on a host of a {@link Fleet}. Thread-safe. {@link Fleet} brings one of its own, over warm pools in
 * this process; another may hand the host to another machine.
 */
public interface Carrier extends AutoCloseable {
    /**
     * Runs a command there. Blocks until it has ended.
     *
     * @return what it left, however it ended
     * @throws io.muxpool.SshException as {@link io.muxpool.ConnectionPool#run(Command, Job)} does: above all, a {@link
     *     io.muxpool.NotStartedException} only when nothing of it ran
     * @throws io.muxpool.JobException when the job ended first; the command has been killed as far as that is possible
     */
    CommandResult run(String host, Command command, Job job);

    /**
     * Gives back some of what this process has too little of (open files, threads) and is kept only for later commands.
     *
     * @return whether there was anything to give back
     */
    default boolean makeRoom() {
        return false;
    }

    /** Lets go of what is kept warm. */
    @Override
    void close();
}
