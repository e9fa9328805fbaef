package io.muxpool.fleet;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.LocalLimitException;
import io.muxpool.Remote;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Phaser;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A pool for each host visited lately. Beyond {@code most}, the one that was used longest ago is closed and its masters are
 * stopped, so that thousands of hosts do not leave thousands of ssh processes. Those in use stay, however many.
 */
final class WarmPools implements Carrier {
    private static final Logger LOG = System.getLogger("io.muxpool.fleet");
    /** At once, when all are closed: one whose master hangs takes seconds. */
    private static final int CLOSERS = 16;

    private static final float USUAL_LOAD = 0.75f;

    private final Function<? super String, Remote> remotes;
    private final Function<? super Remote, ConnectionPool> opener;
    private final int most;

    // One party for close(), one for each thread that closes pools.
    private final Phaser departures = new Phaser(1);

    private final ReentrantLock lock = new ReentrantLock();
    // Both guarded by lock. In the order of use, the eldest first.
    private final Map<String, Warm> pools = new LinkedHashMap<>(16, USUAL_LOAD, true);
    private boolean closed;

    private static final class Warm {
        final ConnectionPool pool;
        // Guarded by lock.
        int users;
        // Whether a command has run over it. Another one has no connection, so closing it makes no room. Guarded by
        // lock.
        boolean connected;

        Warm(ConnectionPool pool) {
            this.pool = pool;
        }
    }

    /** @param opener opens a pool, which connects nothing yet */
    WarmPools(Function<? super String, Remote> remotes, Function<? super Remote, ConnectionPool> opener, int most) {
        this.remotes = remotes;
        this.opener = opener;
        this.most = most;
    }

    @Override
    public CommandResult run(String host, Command command, Job job) {
        Warm warm = take(host);
        boolean started = true;
        try {
            return warm.pool.run(command, job);
        } catch (LocalLimitException e) {
            started = false;
            throw e;
        } finally {
            giveBack(host, warm, started);
        }
    }

    private Warm take(String host) {
        @Nullable Warm there = takeExisting(host);
        if (there != null) {
            return there;
        }
        // Asks the caller's own code: not under the lock. Who comes second finds the other's, and this one is dropped.
        Warm made = new Warm(opener.apply(remotes.apply(host)));
        lock.lock();
        try {
            requireOpen();
            Warm kept = pools.computeIfAbsent(host, key -> made);
            kept.users++;
            return kept;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Warm takeExisting(String host) {
        lock.lock();
        try {
            requireOpen();
            @Nullable Warm there = pools.get(host);
            if (there != null) {
                there.users++;
            }
            return there;
        } finally {
            lock.unlock();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the fleet is closed");
        }
    }

    /** @param started whether the command may have started; otherwise a limit of this process was reached before */
    private void giveBack(String host, Warm warm, boolean started) {
        List<Warm> tooMany = new ArrayList<>();
        boolean unused = false;
        lock.lock();
        try {
            warm.users--;
            warm.connected |= started;
            // It may have a lease, and so an open file, and nothing to show for it.
            unused = warm.users == 0 && !warm.connected && pools.remove(host, warm);
            Iterator<Warm> eldest = pools.values().iterator();
            for (int over = pools.size() - most; over > 0 && eldest.hasNext(); ) {
                Warm old = eldest.next();
                if (old.users == 0) {
                    eldest.remove();
                    tooMany.add(old);
                    over--;
                }
            }
        } finally {
            lock.unlock();
        }
        // The result of whoever gives back does not wait: a master that hangs takes seconds.
        tooMany.forEach(old -> depart(() -> quietly(old.pool, old.pool::closeAndStopMasters)));
        if (unused) {
            quietly(warm.pool, warm.pool::close);
        }
    }

    /** Closes the pool that was used longest ago and is not in use. Its master stays warm for the next process. */
    @Override
    public boolean makeRoom() {
        @Nullable Warm old = null;
        lock.lock();
        try {
            for (Iterator<Warm> eldest = pools.values().iterator(); old == null && eldest.hasNext(); ) {
                Warm next = eldest.next();
                if (next.users == 0 && next.connected) {
                    eldest.remove();
                    old = next;
                }
            }
        } finally {
            lock.unlock();
        }
        if (old == null) {
            return false;
        }
        // Here: whoever asks needs what it frees.
        quietly(old.pool, old.pool::close);
        return true;
    }

    private void depart(Runnable departure) {
        departures.register();
        Runnable counted = () -> {
            try {
                departure.run();
            } finally {
                departures.arriveAndDeregister();
            }
        };
        try {
            Workers.start(counted);
        } catch (OutOfMemoryError e) {
            // No thread to be had.
            counted.run();
        }
    }

    private static void quietly(ConnectionPool pool, Runnable close) {
        try {
            close.run();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "closing " + pool + " failed", e);
        }
    }

    @Override
    public void close() {
        List<Warm> all;
        lock.lock();
        try {
            closed = true;
            all = List.copyOf(pools.values());
            pools.clear();
        } finally {
            lock.unlock();
        }
        Queue<Warm> left = new ConcurrentLinkedQueue<>(all);
        for (int i = Math.min(CLOSERS, all.size()); i > 0; i--) {
            depart(() -> {
                for (Warm warm = left.poll(); warm != null; warm = left.poll()) {
                    quietly(warm.pool, warm.pool::close);
                }
            });
        }
        departures.arriveAndAwaitAdvance();
    }
}
