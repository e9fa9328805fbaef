package io.muxpool.internal.pool;

import io.muxpool.AttachPolicy;
import io.muxpool.Command;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.LocalLimitException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PoolEvent;
import io.muxpool.PoolListener;
import io.muxpool.Remote;
import io.muxpool.SshConnectException;
import io.muxpool.internal.event.Events;
import io.muxpool.internal.lease.LeaseStore;
import io.muxpool.internal.master.ServerFacts;
import io.muxpool.internal.pool.SlotTable.Line;
import io.muxpool.internal.process.FileReservation;
import io.muxpool.internal.process.KeptConfig;
import io.muxpool.internal.stream.Pumps;
import io.muxpool.internal.text.Sha256;
import io.muxpool.internal.transport.Ladder;
import io.muxpool.internal.transport.Link;
import io.muxpool.internal.transport.LinkOwner;
import io.muxpool.internal.transport.MuxTransport;
import io.muxpool.internal.transport.SessionNotOpenedException;
import io.muxpool.internal.transport.SessionNotOpenedException.Why;
import io.muxpool.internal.transport.Started;
import io.muxpool.internal.unix.OwnLimits;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one pool and who may use them. Thread-safe: one lock guards the {@link SlotTable} and the queue of
 * those who wait; nothing is read, written or called back while it is held.
 */
public final class Pool {
    private static final Logger LOG = System.getLogger("io.muxpool.pool");

    /** A lock file and a socket. */
    private static final int FILES_WARM = 2;

    /** A server frees a session a moment after its client has seen it end: one more try tells that from a limit. */
    private static final long SECOND_TRY_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

    private final String name;
    private final String waitingForLine;
    private final Remote remote;
    private final int maxConnections;
    private final Events events;
    private final Ladder ladder;
    private final LearnedShell shell;
    private final Departures departures = new Departures();

    private final ReentrantLock lock = new ReentrantLock();
    private final SlotTable<PooledLink> table;
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private boolean closed;
    private boolean stopMasters;

    // Guarded by lock for writing.
    private volatile ServerFacts server;

    // Sessions on one connection, as far as the server was seen to refuse more.
    private int sessionsAllowed = Integer.MAX_VALUE;

    // Refused on a connection that nothing had ever run on, in a row.
    private int bareRefusals;

    private final class Waiter {
        final Condition turn = lock.newCondition();

        @Nullable Line<PooledLink> given;
    }

    /** What a pool is opened with. */
    public record Options(
            int capacity,
            int maxConnections,
            int spares,
            Duration idleTime,
            int maxReceiveWindow,
            @Nullable PoolListener listener) {}

    /** Connects nothing yet. */
    public Pool(Remote remote, String name, Options options) {
        OwnLimits.learn();
        this.remote = remote;
        this.name = name;
        this.server = ServerFacts.toldOf(remote);
        this.waitingForLine = "waiting for a free connection of pool " + name;
        // All lines of a guest would lead to the same master.
        this.maxConnections = remote.attach() == AttachPolicy.REQUIRE_EXISTING ? 1 : options.maxConnections();
        this.table = new SlotTable<>(options.capacity());
        this.events = new Events(remote.toString(), options.listener());
        this.ladder = new Ladder(
                remote,
                name,
                new MuxTransport.Options(
                        options.capacity(), options.spares(), options.idleTime(), options.maxReceiveWindow()),
                new Shelf());
        this.shell = new LearnedShell(remote, new ShellShelf());
    }

    /**
     * Stores the kind of the login shell in the lease directory of the mux transport, whichever transport is used, of the
     * place where ssh goes now: another account may have another shell. Without leases nothing is stored.
     */
    private final class ShellShelf implements LearnedShell.Shelf {
        @Override
        public Optional<String> kept(Job job) {
            return leases(job).flatMap(LeaseStore::learnedShell);
        }

        @Override
        public void keep(String shell, Job job) {
            leases(job).ifPresent(leases -> leases.learnShell(shell));
            shellKnown();
        }

        private Optional<LeaseStore> leases(Job job) {
            Ladder.Rung rung = ladder.rungAhead(job);
            return rung.identity().isEmpty()
                    ? Optional.empty()
                    : Optional.of(Pool.this.leases(MuxTransport.MODE, "." + rung.identity()));
        }
    }

    /** Keeps what ssh said of the configuration for the next process, in a directory of the mux transport. */
    private final class Shelf implements KeptConfig.Shelf {
        @Override
        public Optional<String> kept() {
            return leases(MuxTransport.MODE, "").keptConfig();
        }

        @Override
        public void keep(String note) {
            leases(MuxTransport.MODE, "").keepConfig(note);
        }
    }

    private LeaseStore leases(Ladder.Rung rung) {
        return leases(rung.transport().mode(), "." + rung.identity());
    }

    /**
     * Connections are found by what leads to them: the remote's own words, and what ssh makes of them now. A connection
     * that was made before the configuration, a key or the agent changed has another name, and is not found.
     *
     * @param identity empty for what is kept of the configuration itself, which is read before it is known where it leads
     */
    private LeaseStore leases(String mode, String identity) {
        return new LeaseStore(
                remote.socketDir(),
                mode,
                remote.location() + "#" + remote.cacheNamespace() + identity + "#" + name + otherWords(remote),
                remote.controlPersist());
    }

    private Line<PooledLink> addLine() {
        LineOwner owner = new LineOwner();
        Line<PooledLink> line = table.add(new PooledLink(remote, ladder, this::leases, owner, departures));
        owner.line = line;
        return line;
    }

    /** What a line's link tells, and is told. */
    private final class LineOwner implements LinkOwner {
        // Set under the pool's lock, before the link is used.
        private volatile @Nullable Line<PooledLink> line;

        private Line<PooledLink> line() {
            Line<PooledLink> known = line;
            if (known == null) {
                throw new IllegalStateException("a link that is in no pool yet");
            }
            return known;
        }

        @Override
        public int sessionsAllowed() {
            lock.lock();
            try {
                return sessionsAllowed;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void learned(int sessions) {
            Pool.this.learned(line(), sessions);
        }

        @Override
        public void outOfService(int sessions) {
            Pool.this.outOfService(line(), sessions);
        }

        @Override
        public void unresponsive() {
            update(line(), table::retire);
        }

        @Override
        public void oneAtATime() {
            learned(1);
            LOG.log(
                    Level.INFO,
                    "{0} closes channels whose command is still to come when another command ends: connections of pool"
                            + " {1} now carry one command at a time",
                    remote,
                    name);
            Line<PooledLink> line = line();
            Pumps.startSoon(() -> line.link().remember(1));
        }

        @Override
        public void lingering(int change) {
            update(line(), line -> table.linger(line, change));
        }

        @Override
        public void leftBehind(int change) {
            update(line(), line -> table.leaveBehind(line, change));
        }

        @Override
        public ServerFacts server() {
            return server;
        }

        @Override
        public void serverKnown(ServerFacts facts, boolean news) {
            Pool.this.serverKnown(line(), facts, news);
        }

        @Override
        public void happened(Supplier<PoolEvent> event) {
            events.happened(event);
        }
    }

    private void serverKnown(Line<PooledLink> line, ServerFacts facts, boolean news) {
        ServerFacts all;
        lock.lock();
        try {
            all = facts.or(server);
            news &= !all.equals(server);
            server = all;
        } finally {
            lock.unlock();
        }
        if (news) {
            // Told by the thread that reads for everyone, perhaps: what touches files is for another.
            Pumps.startSoon(() -> line.link().rememberServer(all));
        }
    }

    /** A login shell has answered: then no forced command stands in the way of another session. */
    private void shellKnown() {
        lock.lock();
        try {
            server = server.withShell();
        } finally {
            lock.unlock();
        }
    }

    private void learned(Line<PooledLink> line, int sessions) {
        lock.lock();
        try {
            sessionsAllowed = Math.min(sessionsAllowed, Math.max(1, sessions));
            table.learn(line, sessionsAllowed);
        } finally {
            lock.unlock();
        }
    }

    /** What is seen of a server's limit when it refuses a session counts for every connection, and for later processes. */
    private void outOfService(Line<PooledLink> line, int sessions) {
        boolean own = line.link().isOnOwnMaster();
        boolean teaches;
        boolean spent;
        lock.lock();
        try {
            // Sessions that were left behind, by us or by the process that had this master before, are not the limit's.
            teaches = sessions > 0 && own && !line.abandoned() && !line.hasLeftovers();
            if (teaches) {
                sessionsAllowed = Math.min(sessionsAllowed, sessions);
                table.learn(line, sessionsAllowed);
            }
            table.retire(line);
            spent = settle(line);
        } finally {
            lock.unlock();
        }
        LOG.log(
                Level.INFO,
                "{0} refused a session with {1} open; connections of pool {2} now carry {3}",
                remote,
                sessions,
                name,
                line.capacity());
        // Told by the thread that reads for everyone: what touches files is for another.
        Runnable lesson = teaches ? () -> line.link().remember(sessions) : () -> {};
        if (spent) {
            discard(line, lesson);
        } else {
            Pumps.startSoon(lesson);
        }
    }

    /**
     * After anything that may have freed a slot, or a line. Under the lock.
     *
     * @return whether the line has left the pool, and is the caller's to discard
     */
    private boolean settle(Line<PooledLink> line) {
        boolean spent = table.removeIfSpent(line);
        if (spent) {
            departures.announce();
        }
        serveWaiters();
        return spent;
    }

    private void update(Line<PooledLink> line, Consumer<Line<PooledLink>> change) {
        boolean spent;
        lock.lock();
        try {
            change.accept(line);
            spent = settle(line);
        } finally {
            lock.unlock();
        }
        if (spent) {
            discard(line);
        }
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
        remote.serverAliveInterval().ifPresent(interval -> words.add("-oServerAliveInterval=" + interval.toSeconds()));
        remote.serverAliveCountMax().ifPresent(count -> words.add("-oServerAliveCountMax=" + count));
        // Words hold no NUL, so what is joined by it cannot be read two ways.
        return words.equals(usual)
                ? ""
                : " (options " + Sha256.base64(String.join("\0", words)).substring(0, 11) + ")";
    }

    /**
     * Takes a slot: of the connection with most free ones, of a new one when all are full, and at {@code maxConnections}
     * the next one given back, first come first served.
     *
     * @throws IllegalStateException when the pool is closed
     * @throws io.muxpool.JobException when the job ends first
     */
    Line<PooledLink> take(Job job) {
        job.check(waitingForLine);
        lock.lock();
        try {
            requireOpen();
            @Nullable Line<PooledLink> free = waiters.isEmpty() ? chooseOrAdd() : null;
            if (free != null) {
                table.take(free);
                return free;
            }
            return await(job);
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Line<PooledLink> chooseOrAdd() {
        @Nullable Line<PooledLink> chosen = table.choose();
        return chosen == null && table.size() < maxConnections ? addLine() : chosen;
    }

    private Line<PooledLink> await(Job job) {
        Waiter waiter = new Waiter();
        waiters.addLast(waiter);
        try (Job.Registration registration = job.onCancel(() -> wake(waiter))) {
            while (waiter.given == null) {
                requireOpen();
                job.check(waitingForLine);
                waiter.turn.awaitNanos(job.remainingNanos());
            }
            return waiter.given;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            if (waiter.given != null) {
                // Given and interrupted at once: the interrupt is left for whoever looks next.
                return waiter.given;
            }
            job.check(waitingForLine);
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
    void giveBack(Line<PooledLink> line) {
        boolean spent;
        lock.lock();
        try {
            table.giveBack(line);
            spent = settle(line);
        } finally {
            lock.unlock();
        }
        if (spent) {
            discard(line);
        }
    }

    private void serveWaiters() {
        while (!closed && !waiters.isEmpty()) {
            @Nullable Line<PooledLink> free = chooseOrAdd();
            if (free == null) {
                return;
            }
            table.take(free);
            Waiter first = waiters.removeFirst();
            first.given = free;
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
        try {
            Command written = shell.written(command, job, (probe, ofProbe) -> unwritten(slot, probe, ofProbe));
            return LearnedShell.judged(written, unwritten(slot, written, job));
        } catch (NotStartedException e) {
            throw explained(e);
        }
    }

    /** A limit of this process shows as a failure of whatever met it, such as a directory that cannot be read. */
    private NotStartedException explained(NotStartedException e) {
        String limit = OwnLimits.reachedOrNear(e);
        return limit == null || e instanceof LocalLimitException
                ? e
                : new LocalLimitException(
                        "cannot connect to " + remote + ": " + limit
                                + (limit.contains("open files")
                                        ? ". A connection needs " + FILES_WARM + " open files, and is begun when "
                                                + FileReservation.NEEDED + " are free"
                                        : "")
                                + ": use fewer at a time, or raise the limit",
                        e);
    }

    private Link.Ran unwritten(Slot slot, Command command, Job job) {
        return placed(slot, command, job, line -> runOn(line, command, job));
    }

    /** As {@link #run}, but the command's streams are the caller's, and it goes on when this returns. */
    Started start(Slot slot, Command command, Job job) {
        try {
            Command written = shell.written(command, job, (probe, ofProbe) -> unwritten(slot, probe, ofProbe));
            return placed(slot, written, job, line -> startOn(line, written, job));
        } catch (NotStartedException e) {
            throw explained(e);
        }
    }

    @FunctionalInterface
    private interface Attempt<T> {
        T on(Line<PooledLink> line) throws SessionNotOpenedException;
    }

    private <T> T placed(Slot slot, Command command, Job job, Attempt<T> attempt) {
        boolean secondTry = false;
        for (; ; ) {
            Line<PooledLink> line = slot.line(job);
            if (isRetired(line)) {
                slot.leave(line);
                continue;
            }
            try {
                return attempt.on(line);
            } catch (SessionNotOpenedException e) {
                if (!e.inputIntact()) {
                    throw new NotStartedException(
                            command + " was not started (" + e.getMessage()
                                    + "), but its input stream may be partly used up: run it again with a fresh one",
                            false,
                            e);
                }
                if (e.why() == Why.REFUSED && !secondTry) {
                    secondTry = true;
                    pause(job);
                    continue;
                }
                if (e.why() == Why.FULL) {
                    // The connection has a session less than the table thought, for a moment.
                    pause(job);
                }
                secondTry = false;
                if (e.why() == Why.REFUSED) {
                    refused(line, e);
                } else if (e.why() == Why.OUT_OF_SERVICE) {
                    requireHope(line, e);
                }
                slot.leave(line);
            }
        }
    }

    private boolean isRetired(Line<PooledLink> line) {
        lock.lock();
        try {
            return line.retired();
        } finally {
            lock.unlock();
        }
    }

    private Link.Ran runOn(Line<PooledLink> line, Command command, Job job) throws SessionNotOpenedException {
        begin(line);
        SlotTable.End end = SlotTable.End.NOT_RUN;
        try {
            Link.Ran ran = line.link().run(command, job);
            end = SlotTable.End.SERVED;
            return ran;
        } catch (OutcomeUnknownException | JobException e) {
            end = endOf(e);
            throw e;
        } finally {
            end(line, end);
        }
    }

    private Started startOn(Line<PooledLink> line, Command command, Job job) throws SessionNotOpenedException {
        begin(line);
        SlotTable.End end = SlotTable.End.NOT_RUN;
        boolean running = false;
        try {
            Started started = line.link().start(command, job);
            running = true;
            // Not in the thread that tells it, which may be the one that reads for everyone.
            started.freed().thenAccept(left -> Pumps.startSoon(() -> end(line, endOf(left))));
            return started;
        } catch (OutcomeUnknownException | JobException e) {
            end = endOf(e);
            throw e;
        } finally {
            if (!running) {
                end(line, end);
            }
        }
    }

    private void begin(Line<PooledLink> line) {
        lock.lock();
        try {
            requireOpen();
            table.begin(line);
        } finally {
            lock.unlock();
        }
    }

    private static SlotTable.End endOf(Started.Left left) {
        return left == Started.Left.NOTHING ? SlotTable.End.SERVED : SlotTable.End.ABANDONED;
    }

    private static SlotTable.End endOf(RuntimeException e) {
        boolean started = !(e instanceof JobException job) || job.commandStarted();
        return started ? SlotTable.End.ABANDONED : SlotTable.End.NOT_RUN;
    }

    private void end(Line<PooledLink> line, SlotTable.End end) {
        boolean spent;
        boolean over;
        boolean last;
        lock.lock();
        try {
            table.end(line, end);
            spent = settle(line);
            over = closed;
            last = closed && line.running() == 0;
        } finally {
            lock.unlock();
        }
        if (spent) {
            discard(line);
            if (over) {
                // The pool was closed before: nobody else waits, and the JVM may end with this command.
                departures.await();
            }
        } else if (last) {
            // The pool was closed while this ran. Its lease was kept until now: nobody else may take a master in use.
            try {
                shutDown(line);
            } catch (RuntimeException e) {
                LOG.log(Level.WARNING, "closing a connection of pool " + name + " failed", e);
            }
        }
    }

    /** What a refused session teaches: the sessions that run beside it are all that the server allows. */
    private void refused(Line<PooledLink> line, SessionNotOpenedException refusal) {
        boolean guest = remote.attach() == AttachPolicy.REQUIRE_EXISTING;
        boolean hopeless;
        lock.lock();
        try {
            int others = line.running();
            if (guest && others == 0) {
                throw new SshConnectException(
                        "the master of your own for " + remote + " has no session left: " + refusal.getMessage()
                                + ". End one of its sessions, or raise MaxSessions in the server's sshd_config",
                        refusal);
            }
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
            throw hopeless(refusal);
        }
    }

    private void requireHope(Line<PooledLink> line, SessionNotOpenedException refusal) {
        boolean served;
        lock.lock();
        try {
            served = line.served() || line.running() > 0;
            // Once is no proof: the session that the master itself was started with may not have been cleared away.
            bareRefusals = served ? 0 : bareRefusals + 1;
            served |= bareRefusals < 3;
        } finally {
            lock.unlock();
        }
        if (!served && refusal.onOwnMaster()) {
            throw hopeless(refusal);
        }
    }

    private SshConnectException hopeless(SessionNotOpenedException refusal) {
        return new SshConnectException(
                remote + " refuses every session, even the first of a connection: " + refusal.getMessage()
                        + ". Does its sshd_config have MaxSessions 0, or the account no right to sessions?",
                refusal);
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

    /**
     * Refuses new work, and shuts down every line: at once, or when the last command on it ends.
     *
     * @param stop the masters too, whatever the remote says
     */
    public void close(boolean stop) {
        List<Line<PooledLink>> idle = new ArrayList<>();
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            stopMasters = stop;
            waiters.forEach(waiter -> waiter.turn.signal());
            table.lines().stream().filter(line -> line.running() == 0).forEach(idle::add);
        } finally {
            lock.unlock();
        }
        try {
            closeAll(idle);
        } finally {
            departures.await();
        }
    }

    /** Behind the pool's own end, which is when it is known what shall become of the masters. */
    private void shutDown(Line<PooledLink> line) {
        if (stopMasters) {
            line.link().closeForGood();
        } else {
            line.link().close();
        }
    }

    private void closeAll(List<Line<PooledLink>> lines) {
        @Nullable RuntimeException first = null;
        for (Line<PooledLink> line : lines) {
            try {
                shutDown(line);
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

    private void discard(Line<PooledLink> line) {
        discard(line, () -> {});
    }

    /** @param first to be done while the line still has its lease */
    private void discard(Line<PooledLink> line, Runnable first) {
        departures.begin("connection " + line.link() + " of pool " + name, () -> {
            first.run();
            line.link().closeForGood();
        });
    }

    /** What listeners hear. */
    Events events() {
        return events;
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
