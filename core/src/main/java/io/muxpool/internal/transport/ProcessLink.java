package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.CommandResult.Route;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PartialOutput;
import io.muxpool.PoolEvent;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.internal.master.PathUnusableException;
import io.muxpool.internal.process.FileReservation;
import java.util.OptionalLong;

/** {@code ssh -S} over one master, which is asked before each command and after. */
final class ProcessLink implements Link {
    private final ProcessTransport transport;
    private final ControlMaster master;
    private final LinkOwner owner;

    ProcessLink(ProcessTransport transport, ControlMaster master, LinkOwner owner) {
        this.transport = transport;
        this.master = master;
        this.owner = owner;
    }

    @Override
    public Ran run(Command command, Job job) throws SessionNotOpenedException, PathUnusableException {
        ControlMaster.Ready ready = ready(job);
        try {
            Ran ran = transport.run(command, master.socket(), job, owner);
            requireMaster(ready, command, ran.exit(), ran.output(), job);
            return ran.over(new Route(ready.reused(), OptionalLong.of(ready.pid())));
        } catch (JobException | OutcomeUnknownException e) {
            // Its client was killed; the command should at least hear of it.
            master.nudge();
            throw e;
        } catch (SessionNotOpenedException e) {
            if (e.why() == SessionNotOpenedException.Why.GONE) {
                master.forget();
            }
            throw e;
        }
    }

    private ControlMaster.Ready ready(Job job) throws PathUnusableException {
        long start = System.nanoTime();
        try (FileReservation files = FileReservation.forConnection(job)) {
            ControlMaster.Ready ready = master.ensure(job);
            ControlMaster.keepFilesToAskWith(job);
            if (!ready.reused()) {
                owner.serverKnown(master.facts(), true);
                owner.happened(() -> PoolEvent.Connected.since(start, ready.pid(), false));
            }
            return ready;
        }
    }

    /**
     * Whatever the status, it is only worth something while the master lives: ssh's client is told the status as soon as
     * the command has exited, and a connection that is lost after that takes the rest of the output with it.
     */
    private void requireMaster(ControlMaster.Ready ready, Command command, Exit exit, PartialOutput output, Job job) {
        if (!master.isAlive(ready.pid(), job)) {
            // Asked too late to tell whether it was gone or only slow.
            job.check(
                    "asking whether the master of " + command + " is still there",
                    Ending.notConfirmed("the ssh master did not answer in time"),
                    output);
            master.forget();
            owner.happened(() -> new PoolEvent.ConnectionLost("the ssh master " + ready.pid() + " is gone"));
            throw new OutcomeUnknownException(
                    "the connection to " + transport.remote() + " was lost while running " + command + " (" + exit
                            + ", but output may be missing)",
                    output,
                    null);
        }
    }

    @Override
    public Started start(Command command, Job job) throws SessionNotOpenedException, PathUnusableException {
        ControlMaster.Ready ready = ready(job);
        return transport.start(
                command,
                master.socket(),
                job,
                owner,
                exit -> {
                    requireMaster(ready, command, exit, PartialOutput.NONE, job);
                    return exit;
                },
                master::nudge);
    }
}
