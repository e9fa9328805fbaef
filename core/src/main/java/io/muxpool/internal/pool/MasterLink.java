package io.muxpool.internal.pool;

import io.muxpool.Command;
import io.muxpool.CommandResult.Route;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.Remote;
import io.muxpool.SshConnectException;
import io.muxpool.internal.lease.Lease;
import io.muxpool.internal.lease.LeaseStore;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.internal.master.PathUnusableException;
import io.muxpool.internal.process.Programs;
import io.muxpool.internal.transport.Link;
import io.muxpool.internal.transport.SessionNotOpenedException;
import io.muxpool.internal.transport.Transport;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A transport's link over a master that we hold the lease of. The lease is taken at the first command, not before, so
 * that a pool costs nothing until it is used; should its path become unusable, it is given up for another.
 */
final class MasterLink implements Link {
    private static final Logger LOG = System.getLogger("io.muxpool.pool");
    private static final int TRIES = 3;

    private final Remote remote;
    private final LeaseStore leases;
    private final Transport transport;

    // Guards the seat: which lease, master and link are in use. Held while a lease is taken, which is file operations.
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Seat seat;

    private static final class Seat {
        final Lease lease;
        final ControlMaster master;
        final Link link;

        // Whether this process started the master, so that no other can have left anything on it.
        volatile boolean ownMaster;

        Seat(Lease lease, ControlMaster master, Link link) {
            this.lease = lease;
            this.master = master;
            this.link = link;
        }
    }

    MasterLink(Remote remote, LeaseStore leases, Transport transport) {
        this.remote = remote;
        this.leases = leases;
        this.transport = transport;
    }

    @Override
    public Ran run(Command command, Job job) throws SessionNotOpenedException {
        Programs.requireSsh(remote.sshProgram());
        String why = "";
        for (int i = 0; i < TRIES; i++) {
            Seat now = seat();
            try {
                ControlMaster.Ready master = now.master.ensure(job);
                now.ownMaster |= !master.reused();
                return judged(runOn(now, command, job), master, now, command);
            } catch (PathUnusableException e) {
                LOG.log(Level.WARNING, "{0}; moving to another control socket", e.getMessage());
                why = e.getMessage();
                abandon(now);
            } catch (SessionNotOpenedException e) {
                if (e.refused() || !e.inputIntact()) {
                    throw now.ownMaster ? e.asOnOwnMaster() : e;
                }
                // The master went away between its check and the command: as good as never been there.
                why = e.getMessage();
                now.master.forget();
            }
        }
        throw new SshConnectException(
                "no session on a master for " + command + " in " + TRIES + " tries: " + why, null);
    }

    private static Ran runOn(Seat now, Command command, Job job) throws SessionNotOpenedException {
        try {
            return now.link.run(command, job);
        } catch (JobException | OutcomeUnknownException e) {
            // Its client was killed; the command should at least hear of it.
            now.master.nudge();
            throw e;
        }
    }

    /**
     * Whatever the status, it is only worth something while the master lives: ssh's client is told the status as soon as
     * the command has exited, and a connection that is lost after that takes the rest of the output with it.
     */
    private Ran judged(Ran ran, ControlMaster.Ready master, Seat now, Command command) {
        if (!now.master.isAlive(master.pid())) {
            now.master.forget();
            throw new OutcomeUnknownException(
                    "the connection to " + remote + " was lost while running " + command + " (" + ran.exit()
                            + ", but output may be missing)",
                    ran.output(),
                    null);
        }
        return ran.over(new Route(master.reused(), OptionalLong.of(master.pid())));
    }

    private Seat seat() {
        lock.lock();
        try {
            Seat now = seat;
            if (now == null) {
                Lease lease = leases.acquire();
                now = new Seat(lease, new ControlMaster(remote, lease.socket()), transport.link(lease.socket()));
                seat = now;
            }
            return now;
        } finally {
            lock.unlock();
        }
    }

    private void abandon(Seat unusable) {
        if (leave(unusable)) {
            unusable.link.close();
            unusable.lease.discard();
        }
    }

    /** Whether the caller is the one who took the seat out, and so has to clear it away. */
    private boolean leave(Seat old) {
        lock.lock();
        try {
            boolean ours = seat == old;
            if (ours) {
                seat = null;
            }
            return ours;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Seat takeOut() {
        lock.lock();
        try {
            Seat now = seat;
            seat = null;
            return now;
        } finally {
            lock.unlock();
        }
    }

    /** Releases the lease, the master left warm; stops the master and removes the lease when the remote wants that. */
    @Override
    public void close() {
        close(remote.exitOnShutdown());
    }

    /** Stops the master and gives the path up: for a connection that the server lets nothing run on. */
    void closeForGood() {
        close(true);
    }

    private void close(boolean stop) {
        Seat now = takeOut();
        if (now == null) {
            return;
        }
        boolean gone = false;
        try {
            now.link.close();
            gone = stop && now.master.stop();
            if (stop && !gone) {
                LOG.log(Level.WARNING, "the ssh master at {0} did not stop in time", now.lease.socket());
            }
        } finally {
            // A path without a socket is no use to the next process.
            if (gone || !Files.exists(now.lease.socket(), LinkOption.NOFOLLOW_LINKS)) {
                now.lease.discard();
            } else {
                touchAndRelease(now.lease);
            }
        }
    }

    private static void touchAndRelease(Lease lease) {
        try {
            lease.touch();
        } finally {
            lease.release();
        }
    }

    @Override
    public String toString() {
        Seat now = seat;
        return now == null
                ? "connection to " + remote + ", not made yet"
                : now.lease.socket().toString();
    }
}
