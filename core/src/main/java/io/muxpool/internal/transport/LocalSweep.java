package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.Ending;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.internal.process.KillTree;
import io.muxpool.internal.process.UserEnvironment;
import io.muxpool.internal.sweep.Mark;
import io.muxpool.internal.sweep.Swept;
import io.muxpool.internal.turn.Uninterrupted;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Ends a command of this machine whole: what bears its mark by a {@link SweepShell}, wherever it went, and then the tree of
 * its first process, which may have cleared its environment.
 */
final class LocalSweep {
    private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Command command;
    private final String mark = Mark.next();

    LocalSweep(Command command) {
        this.command = command;
    }

    /** Gives the command its mark. */
    void mark(Map<String, String> environment) {
        Mark.put(environment, mark);
    }

    /** Ends the command. Not interruptible; blocks for at most some seconds. */
    Ending end(Process first) {
        return Uninterrupted.call(() -> {
            if (command.isDetached()) {
                return ending(first, KillTree.kill(first), new Swept.NotLooked("it was started as detached"));
            }
            Swept swept = new Swept.NotLooked("looking for it failed");
            boolean dead;
            try {
                swept = sweep();
                if (swept instanceof Swept.Clean && first.isAlive()) {
                    swept = new Swept.NotLooked("it cleared its environment, which holds the mark to look for");
                }
            } finally {
                dead = KillTree.kill(first);
            }
            return ending(first, dead, swept);
        });
    }

    private Swept sweep() {
        SweepShell shell = SweepShell.local(mark);
        try {
            return shell.run(
                    UserEnvironment.builder(
                            List.of("/bin/sh", "-c", shell.sweep().line())),
                    GRACE_NANOS,
                    "looking for what " + command + " started");
        } catch (IOException | OutcomeUnknownException e) {
            return new Swept.NotLooked("no shell can be started to look for it: " + e.getMessage());
        }
    }

    private static Ending ending(Process first, boolean dead, Swept swept) {
        if (swept instanceof Swept.Left left) {
            return Ending.livesOn(left.survivors());
        }
        if (!dead) {
            return Ending.notConfirmed("process " + first.pid() + " does not die of KILL");
        }
        return swept instanceof Swept.NotLooked not ? Ending.firstProcessDead(not.why()) : Ending.confirmedDead();
    }
}
