package io.muxpool.internal.mux;

import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How to kill a command.
 *
 * @param graceNanos between TERM and KILL; 0 for KILL at once
 * @param noSweep why what the command started is not looked for; null when it is
 * @param sweepUnsignalled whether to look for it also where the server refuses to signal the first process: not when that
 *     may mean a forced command, which another session would run once more
 * @param lookFirst whether to look for its processes before the first signal, which finds also those that would be orphans
 *     after it: only where another session is known to run a shell
 * @param refusal what to say when the server refuses to signal the first process
 * @param greeted told when a shell of ours has answered, and whether a mark that went with a request had arrived there
 */
public record KillPlan(
        long graceNanos,
        @Nullable String noSweep,
        boolean sweepUnsignalled,
        boolean lookFirst,
        String refusal,
        Consumer<Optional<Boolean>> greeted) {}
