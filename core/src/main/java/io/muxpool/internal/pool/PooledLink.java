package io.muxpool.internal.pool;

import io.muxpool.AttachPolicy;
import io.muxpool.Command;
import io.muxpool.Ending;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.Remote;
import io.muxpool.SshConnectException;
import io.muxpool.internal.lease.Lease;
import io.muxpool.internal.lease.LeaseStore;
import io.muxpool.internal.lease.RunningMark;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.internal.master.PathUnusableException;
import io.muxpool.internal.master.ServerFacts;
import io.muxpool.internal.process.FileReservation;
import io.muxpool.internal.transport.Ladder;
import io.muxpool.internal.transport.Link;
import io.muxpool.internal.transport.LinkOwner;
import io.muxpool.internal.transport.SessionNotOpenedException;
import io.muxpool.internal.transport.SessionNotOpenedException.Why;
import io.muxpool.internal.transport.Started;
import io.muxpool.internal.transport.Transport;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a pool: a transport's link, over a master that we hold the lease of where it needs one. Transport and
 * lease are found at the first command, not before, so that a pool costs nothing until it is used; should the lease's path
 * become unusable, it is given up for another.
 */
final class PooledLink {
    private static final Logger LOG = System.getLogger("io.muxpool.pool");
    private static final int TRIES = 3;
    private static final int MOST_SUSPECTS = 64;

    private final Remote remote;
    private final Ladder ladder;
    private final Leasing leasing;
    private final LinkOwner owner;
    private final Departures departures;

    // Guards the seat: which lease, master and link are in use. Held while a lease is taken, which is file operations.
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Seat seat;

    /** Where the leases of connections that lead to the same place lie. */
    @FunctionalInterface
    interface Leasing {
        LeaseStore of(Ladder.Rung rung);
    }

    // A link, and the lease and master it needs, if any.
    private static final class Seat {
        final Link link;
        final @Nullable Held held;

        Seat(Link link, @Nullable Held held) {
            this.link = link;
            this.held = held;
        }

        RunningMark running() {
            return held == null ? RunningMark.none() : held.lease.running();
        }
    }

    private record Held(Lease lease, ControlMaster master, LeaseStore leases) {}

    PooledLink(Remote remote, Ladder ladder, Leasing leasing, LinkOwner owner, Departures departures) {
        this.remote = remote;
        this.ladder = ladder;
        this.leasing = leasing;
        this.owner = owner;
        this.departures = departures;
    }

    /** What is to be done over a link. */
    @FunctionalInterface
    private interface Use<T> {
        T on(Seat seat) throws SessionNotOpenedException, PathUnusableException;
    }

    Link.Ran run(Command command, Job job) throws SessionNotOpenedException {
        return use(command, job, now -> {
            RunningMark running = now.running();
            boolean over = true;
            running.begin();
            try {
                return now.link.run(command, job);
            } catch (OutcomeUnknownException e) {
                over = false;
                throw e;
            } catch (JobException e) {
                over = e.ending().fate() != Ending.Fate.NOT_CONFIRMED;
                throw e;
            } finally {
                if (over) {
                    running.end();
                }
            }
        });
    }

    Started start(Command command, Job job) throws SessionNotOpenedException {
        return use(command, job, now -> {
            RunningMark running = now.running();
            boolean runs = false;
            running.begin();
            try {
                Started started = now.link.start(command, job);
                runs = true;
                started.freed().thenAccept(left -> {
                    if (left == Started.Left.NOTHING) {
                        running.end();
                    }
                });
                return started;
            } finally {
                if (!runs) {
                    running.end();
                }
            }
        });
    }

    private <T> T use(Command command, Job job, Use<T> use) throws SessionNotOpenedException {
        String why = "";
        for (int i = 0; i < TRIES; i++) {
            Seat now = seat(job);
            try {
                return use.on(now);
            } catch (PathUnusableException e) {
                LOG.log(Level.WARNING, "{0}; moving to another control socket", e.getMessage());
                why = e.getMessage();
                abandon(now);
            } catch (SessionNotOpenedException e) {
                if (e.why() != Why.GONE || !e.inputIntact()) {
                    throw isOnOwnMaster() ? e.asOnOwnMaster() : e;
                }
                // The master went away between its check and the command: as good as never been there.
                why = e.getMessage();
            }
        }
        throw new SshConnectException(
                "no session on a master for " + command + " in " + TRIES + " tries: " + why, null);
    }

    private Seat seat(Job job) {
        Seat there = seat;
        if (there != null) {
            return there;
        }
        try (FileReservation files = FileReservation.forConnection(job)) {
            return seat(ladder.rungForConnection(job));
        }
    }

    private Seat seat(Ladder.Rung rung) {
        lock.lock();
        try {
            Seat now = seat;
            if (now == null) {
                now = rung.transport() instanceof Transport.OnMaster onMaster
                        ? on(onMaster, rung)
                        : new Seat(((Transport.Direct) rung.transport()).link(), null);
                seat = now;
            }
            return now;
        } finally {
            lock.unlock();
        }
    }

    private Seat on(Transport.OnMaster transport, Ladder.Rung rung) {
        Path guestAt = rung.guestAt();
        return guestAt == null
                ? leased(transport, rung)
                : new Seat(transport.link(ControlMaster.guest(rung.remote(), guestAt), owner), null);
    }

    private Seat leased(Transport.OnMaster transport, Ladder.Rung rung) {
        LeaseStore leases = leasing.of(rung);
        Lease lease = remote.attach() == AttachPolicy.ALWAYS_NEW ? leases.acquireNew() : acquire(leases);
        leases.learnedSessions().ifPresent(owner::learned);
        leases.keptServer().ifPresent(note -> owner.serverKnown(ServerFacts.read(note), false));
        // The first start follows the choice at once; a later one may be days later, and go by another configuration
        // than the lease is named by.
        AtomicBoolean chosenJustNow = new AtomicBoolean(true);
        ControlMaster master = new ControlMaster(
                rung.remote(),
                lease.socket(),
                job -> chosenJustNow.getAndSet(false) || ladder.leadsWhereItDid(rung, job),
                rung.servers());
        return new Seat(transport.link(master, owner), new Held(lease, master, leases));
    }

    /** A lease whose master may serve new commands. */
    private Lease acquire(LeaseStore leases) {
        for (int i = 0; i < MOST_SUSPECTS; i++) {
            Lease lease = leases.acquire();
            if (!lease.isSuspect()) {
                return lease;
            }
            LOG.log(
                    Level.INFO,
                    "the process that had the connection at {0} was killed while commands ran: another one is made",
                    lease.socket());
            retire(lease, new ControlMaster(remote, lease.socket()));
        }
        return leases.acquireNew();
    }

    /** Lets the master end with what still runs over it, and gives its path up. In the background: it may hang. */
    private void retire(Lease lease, ControlMaster master) {
        departures.announce();
        departures.begin("suspect connection to " + remote, () -> {
            if (!master.stopListening()) {
                LOG.log(Level.WARNING, "the ssh master at {0} does not answer", lease.socket());
            }
            lease.discard();
        });
    }

    /** Whether this process started the master, so that no other can have left sessions on it. */
    boolean isOnOwnMaster() {
        Seat now = seat;
        return now != null && now.held != null && now.held.master.isOwn();
    }

    /** Keeps what was learned of the server's limit for the next process. */
    void remember(int sessions) {
        Seat now = seat;
        if (now != null && now.held != null) {
            now.held.leases.learnSessions(sessions);
        }
    }

    /** Keeps what was learned of the server for the next process. */
    void rememberServer(ServerFacts facts) {
        Seat now = seat;
        if (now != null && now.held != null) {
            now.held.leases.keepServer(facts.note());
        }
    }

    private void abandon(Seat unusable) {
        if (leave(unusable)) {
            departures.announce();
            departures.begin("unusable connection to " + remote, () -> {
                unusable.link.close();
                if (unusable.held != null) {
                    unusable.held.lease.discard();
                }
            });
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
    void close() {
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
        Held held = now.held;
        if (held == null) {
            now.link.close();
            return;
        }
        boolean gone = false;
        try {
            now.link.close();
            if (!stop && held.lease.running().isSet()) {
                // A channel is half closed: the next process would lose its commands when the server asks there.
                gone = held.master.stopListening();
            }
            gone |= stop && held.master.stop();
            if (stop && !gone) {
                LOG.log(Level.WARNING, "the ssh master at {0} did not stop in time", held.lease.socket());
            }
        } finally {
            // A path without a socket is no use to the next process.
            if (gone || !Files.exists(held.lease.socket(), LinkOption.NOFOLLOW_LINKS)) {
                held.lease.discard();
            } else {
                touchAndRelease(held.lease);
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
        return now == null || now.held == null
                ? "connection to " + remote
                : now.held.lease.socket().toString();
    }
}
