package io.muxpool.internal.pool;

import io.muxpool.Command;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.Remote;
import io.muxpool.SshConnectException;
import io.muxpool.internal.lease.LeaseStore;
import io.muxpool.internal.pool.SlotTable.Line;
import io.muxpool.internal.text.Sha256;
import io.muxpool.internal.transport.Link;
import io.muxpool.internal.transport.LocalTransport;
import io.muxpool.internal.transport.PlainTransport;
import io.muxpool.internal.transport.ProcessTransport;
import io.muxpool.internal.transport.SessionNotOpenedException;
import io.muxpool.internal.transport.Transport;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one pool and who may use them. Thread-safe: one lock guards the {@link SlotTable} and the queue of
 * those who wait; nothing is read, written or called back while it is held.
 */
public final class Pool {
    private static final Logger LOG = System.getLogger("io.muxpool.pool");

    /** A server frees a session a moment after its client has seen it end: one more try tells that from a limit. */
    private static final long SECOND_TRY_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

    private final String name;
    private final Remote remote;
    private final int maxConnections;
    private final Supplier<Link> links;

    private final ReentrantLock lock = new ReentrantLock();
    private final SlotTable<Link> table;
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private boolean closed;

    private final class Waiter {
        final Condition turn = lock.newCondition();

        @Nullable Line<Link> given;
    }

    /**
     * Connects nothing yet.
     *
     * @param maxConnections how many there may be at a time; {@link Integer#MAX_VALUE} for no bound
     */
    public Pool(Remote remote, String name, int capacity, int maxConnections) {
        this.remote = remote;
        this.name = name;
        this.maxConnections = maxConnections;
        this.table = new SlotTable<>(capacity);
        this.links = links(remote, name);
    }

    private static Supplier<Link> links(Remote remote, String name) {
        Transport transport = transport(remote);
        LOG.log(Level.DEBUG, "pool {0} of {1} uses the {2} transport", name, remote, transport.mode());
        if (!transport.needsMaster()) {
            return () -> transport.link(Path.of("none"));
        }
        LeaseStore leases = new LeaseStore(
                remote.socketDir(),
                transport.mode(),
                remote.location() + "#" + remote.cacheNamespace() + "#" + name + otherWords(remote),
                remote.controlPersist());
        return () -> new MasterLink(remote, leases, transport);
    }

    /**
     * Words of ssh that may lead elsewhere (another jump, another key, another program) must not end up on the connection
     * that was made without them. Empty for the usual words.
     */
    private static String otherWords(Remote remote) {
        List<String> words = new ArrayList<>(List.of(remote.sshProgram(), remote.cipher()));
        words.addAll(remote.extraOptions());
        List<String> usual = new ArrayList<>(List.of("ssh", Remote.DEFAULT_CIPHER));
        usual.addAll(Remote.DEFAULT_EXTRA_OPTIONS);
        // Words hold no NUL, so what is joined by it cannot be read two ways.
        return words.equals(usual)
                ? ""
                : " (options " + Sha256.base64(String.join("\0", words)).substring(0, 11) + ")";
    }

    private static Transport transport(Remote remote) {
        if (remote.isLocal()) {
            return new LocalTransport();
        }
        // Windows' OpenSSH has no ControlMaster.
        boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("windows");
        return remote.reuseConnection() && !windows ? new ProcessTransport(remote) : new PlainTransport(remote);
    }

    /**
     * Takes a slot: of the connection with most free ones, of a new one when all are full, and at {@code maxConnections}
     * the next one given back, first come first served.
     *
     * @throws IllegalStateException when the pool is closed
     * @throws io.muxpool.JobException when the job ends first
     */
    Line<Link> take(Job job) {
        job.check("waiting for a free connection of pool " + name);
        lock.lock();
        try {
            requireOpen();
            Optional<Line<Link>> free = waiters.isEmpty() ? chooseOrAdd() : Optional.empty();
            if (free.isPresent()) {
                table.take(free.get());
                return free.get();
            }
            return await(job);
        } finally {
            lock.unlock();
        }
    }

    private Optional<Line<Link>> chooseOrAdd() {
        Optional<Line<Link>> chosen = table.choose();
        return chosen.isEmpty() && table.size() < maxConnections ? Optional.of(table.add(links.get())) : chosen;
    }

    private Line<Link> await(Job job) {
        Waiter waiter = new Waiter();
        waiters.addLast(waiter);
        try (Job.Registration registration = job.onCancel(() -> wake(waiter))) {
            while (waiter.given == null) {
                requireOpen();
                job.check("waiting for a free connection of pool " + name);
                waiter.turn.awaitNanos(job.remainingNanos());
            }
            return waiter.given;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            if (waiter.given != null) {
                // Given and interrupted at once: the interrupt is left for whoever looks next.
                return waiter.given;
            }
            job.check("waiting for a free connection of pool " + name);
            throw new AssertionError("interrupted, yet the job says it was not", e);
        } finally {
            waiters.remove(waiter);
        }
    }

    private void wake(Waiter waiter) {
        lock.lock();
        try {
            waiter.turn.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Returns a slot. */
    void giveBack(Line<Link> line) {
        boolean spent;
        lock.lock();
        try {
            table.giveBack(line);
            spent = table.removeIfSpent(line);
            serveWaiters();
        } finally {
            lock.unlock();
        }
        if (spent) {
            discard(line);
        }
    }

    private void serveWaiters() {
        while (!closed && !waiters.isEmpty()) {
            Optional<Line<Link>> free = chooseOrAdd();
            if (free.isEmpty()) {
                return;
            }
            table.take(free.get());
            Waiter first = waiters.removeFirst();
            first.given = free.get();
            first.turn.signal();
        }
    }

    /**
     * Runs a command on the slot's line. When the server refuses the session, the command, which has not started, moves to
     * another line, and what was learned of the server's limit is kept.
     *
     * @param slot whose line it is; changed when the command moves
     */
    Link.Ran run(Slot slot, Command command, Job job) {
        boolean secondTry = false;
        for (; ; ) {
            Line<Link> line = slot.line(job);
            try {
                return runOn(line, command, job);
            } catch (SessionNotOpenedException e) {
                if (!e.inputIntact()) {
                    throw new NotStartedException(
                            command + " was not started (" + e.getMessage()
                                    + "), but its input stream may be partly used up: run it again with a fresh one",
                            false,
                            e);
                }
                if (!secondTry) {
                    secondTry = true;
                    pause(job);
                    continue;
                }
                secondTry = false;
                refused(line, e);
                slot.leave(line);
            }
        }
    }

    private Link.Ran runOn(Line<Link> line, Command command, Job job) throws SessionNotOpenedException {
        lock.lock();
        try {
            requireOpen();
            table.begin(line);
        } finally {
            lock.unlock();
        }
        SlotTable.End end = SlotTable.End.NOT_RUN;
        try {
            Link.Ran ran = line.link().run(command, job);
            end = SlotTable.End.SERVED;
            return ran;
        } catch (OutcomeUnknownException e) {
            end = SlotTable.End.ABANDONED;
            throw e;
        } catch (JobException e) {
            end = e.commandStarted() ? SlotTable.End.ABANDONED : SlotTable.End.NOT_RUN;
            throw e;
        } finally {
            end(line, end);
        }
    }

    private void end(Line<Link> line, SlotTable.End end) {
        boolean last;
        lock.lock();
        try {
            table.end(line, end);
            last = closed && line.running() == 0;
        } finally {
            lock.unlock();
        }
        if (last) {
            // The pool was closed while this ran. Its lease was kept until now: nobody else may take a master in use.
            try {
                line.link().close();
            } catch (RuntimeException e) {
                LOG.log(Level.WARNING, "closing a connection of pool " + name + " failed", e);
            }
        }
    }

    /** What a refused session teaches: the sessions that run beside it are all that the server allows. */
    private void refused(Line<Link> line, SessionNotOpenedException refusal) {
        boolean hopeless;
        lock.lock();
        try {
            int others = line.running();
            hopeless = others == 0 && !line.served() && refusal.onOwnMaster();
            if (others == 0 || line.abandoned()) {
                // What fills it is out of our sight: commands that outlived their kill. That says nothing of the limit.
                table.retire(line);
            } else {
                table.learn(line, others);
            }
        } finally {
            lock.unlock();
        }
        LOG.log(
                Level.INFO,
                "{0} refused a session ({1}); connections of pool {2} now carry {3}",
                remote,
                refusal.getMessage(),
                name,
                line.capacity());
        if (hopeless) {
            throw new SshConnectException(
                    remote + " refuses every session, even the first of a connection: " + refusal.getMessage()
                            + ". Does its sshd_config have MaxSessions 0, or the account no right to sessions?",
                    refusal);
        }
    }

    private static void pause(Job job) {
        try {
            TimeUnit.NANOSECONDS.sleep(Math.min(SECOND_TRY_NANOS, job.remainingNanos()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        job.check("waiting for the server to free a session");
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("pool " + name + " of " + remote + " is closed");
        }
    }

    /** Refuses new work, and shuts down every line: at once, or when the last command on it ends. */
    public void close() {
        List<Line<Link>> idle = new ArrayList<>();
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            waiters.forEach(waiter -> waiter.turn.signal());
            table.lines().stream().filter(line -> line.running() == 0).forEach(idle::add);
        } finally {
            lock.unlock();
        }
        closeAll(idle);
    }

    private static void closeAll(List<Line<Link>> lines) {
        @Nullable RuntimeException first = null;
        for (Line<Link> line : lines) {
            try {
                line.link().close();
            } catch (RuntimeException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private void discard(Line<Link> line) {
        try {
            if (line.link() instanceof MasterLink master) {
                master.closeForGood();
            } else {
                line.link().close();
            }
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "retiring a connection of pool " + name + " failed", e);
        }
    }

    /** Where commands go. */
    public Remote remote() {
        return remote;
    }

    /** The pool's name. */
    public String name() {
        return name;
    }

    @Override
    public String toString() {
        lock.lock();
        try {
            return "pool " + name + " of " + remote + ": capacity " + table.capacity() + ", connections " + table.size()
                    + ", free slots " + table.free() + (closed ? ", closed" : "");
        } finally {
            lock.unlock();
        }
    }
}
