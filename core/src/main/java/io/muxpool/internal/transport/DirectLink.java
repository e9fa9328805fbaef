package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.Job;
import java.util.function.BiFunction;

/** A link of a transport that keeps nothing between commands. */
record DirectLink(BiFunction<Command, Job, Link.Ran> running, BiFunction<Command, Job, Started> starting)
        implements Link {
    @Override
    public Ran run(Command command, Job job) {
        return running.apply(command, job);
    }

    @Override
    public Started start(Command command, Job job) {
        return starting.apply(command, job);
    }
}
