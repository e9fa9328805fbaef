package io.muxpool.internal.mux;

import io.muxpool.internal.mux.channel.Attachment;
import io.muxpool.internal.mux.channel.Channel;
import io.muxpool.internal.mux.channel.ChannelHandler;
import io.muxpool.internal.mux.channel.EventLoop;
import io.muxpool.internal.sweep.Marking;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of one attached master: which channel a command gets, and which are opened ahead of need.
 *
 * <p>A channel opened ahead saves its command a round trip. It is opened together with the command that takes the one
 * before, so that it is there when that command ends, and no OPEN is under way when a quiet caller leaves. How many are
 * kept follows the load: as many as ran at once lately, and no more than the connection may carry. Thread-safe.
 */
public final class Sessions implements Attachment.Watcher {
    /** A quarter more than asked for: the server counts what it has not cleared away yet, and allows ten by default. */
    private static final int SLACK = 2;

    /** MaxSessions of an sshd whose configuration does not say otherwise. */
    private static final int DEFAULT_MAX_SESSIONS = 10;

    private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long LEAST_PROOF_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /**
     * The bounds of one connection.
     *
     * @param capacity commands at once
     * @param learned what the server was seen to allow; the largest int when it never refused
     * @param spares how many channels to keep opened ahead without any load; 0 for none, ever
     * @param idleNanos after how long without a command to let go of the master
     * @param maxWindow of each channel, in bytes
     * @param marking how commands are marked, as far as an earlier connection has found out
     */
    public record Limits(int capacity, int learned, int spares, long idleNanos, int maxWindow, Marking marking) {
        int commands() {
            return Math.min(capacity, learned);
        }

        /** What the server may see at once. */
        int sessions() {
            return Math.min(capacity + SLACK, learned);
        }

        /**
         * What the server may see at once for a session beside the commands. The slack is used only where nothing else
         * helps, and up to the number that sshd allows by default: one session too many takes the connection out of service.
         */
        int sessionsFor(Aside aside) {
            return aside == Aside.WITHIN_CAPACITY
                    ? commands()
                    : Math.min(sessions(), Math.max(capacity, DEFAULT_MAX_SESSIONS));
        }
    }

    /** How many sessions there may be for one that is no command of the caller's. */
    enum Aside {
        /** As many as for commands. When all are taken, it waits for one to end. */
        WITHIN_CAPACITY,
        /** A few more, because no command will end before it has done its work. */
        BEYOND_CAPACITY
    }

    /** What is told to whoever owns these sessions; from any thread, without a lock. */
    public interface Owner {
        /** An OPEN was refused with so many sessions there: nothing more is opened on this connection. */
        void refused(int sessions);

        /** The master is gone, or was let go. */
        void ended(Throwable why, boolean lost);

        /** The server closes channels that run no command yet when another command ends: one command at a time is safe. */
        void closesIdleChannels();

        /** A channel was opened. */
        void opened(boolean ahead, long nanos);

        /** A receive window was tuned. */
        void windowChanged(int before, int after);

        /** The server has answered how commands can be marked. */
        void markingKnown(Marking marking);
    }

    private final Limits limits;
    private final Owner owner;
    private final ReentrantLock lock = new ReentrantLock();
    // All guarded by lock.
    private final Deque<Spare> spares = new ArrayDeque<>();
    private final Deque<Exchange> waiting = new ArrayDeque<>();
    private final Load load = new Load(System.nanoTime());
    private final SpareTrust trust = new SpareTrust();
    private int running;
    private int abandoned;
    private final IdentityHashMap<Exchange, Aside> asides = new IdentityHashMap<>();
    private int spareOpening;
    private long lastUse = System.nanoTime();
    private EventLoop.@Nullable Timer idleTimer;
    private boolean proofTimed;
    private boolean detached;

    private volatile @Nullable Attachment attachment;

    private Sessions(Limits limits, Owner owner) {
        this.limits = limits;
        this.owner = owner;
    }

    /** Connects to a master; usable when {@link #attached} is done. */
    public static Sessions connect(Path socket, Limits limits, Owner owner) throws IOException {
        Sessions sessions = new Sessions(limits, owner);
        Attachment attachment = Attachment.connect(socket, limits.maxWindow(), limits.marking(), sessions);
        sessions.attachment = attachment;
        Exits.watch(attachment);
        if (!attachment.isAlive()) {
            // It ended before we were watching.
            Exits.forget(attachment);
        }
        return sessions;
    }

    /** Done when the master has taken us on; failed, with an IOException, when it will not. */
    public CompletableFuture<Void> attached() {
        return attachment().attached();
    }

    Attachment attachment() {
        Attachment now = attachment;
        if (now == null) {
            throw new IllegalStateException("not connected yet");
        }
        return now;
    }

    EventLoop loop() {
        return attachment().loop();
    }

    /** When something last came from the master, as of {@link System#nanoTime}. */
    public long lastNews() {
        return attachment().lastNews();
    }

    /** Whether the master is there, and we are attached. */
    public boolean isAlive() {
        return attachment().isAlive();
    }

    /**
     * Finds the exchange a channel, now or as soon as there is room; it hears of both. Never waits.
     *
     * @return whether it was taken on; false when as many commands run as may
     */
    boolean start(Exchange exchange) {
        boolean leaving;
        lock.lock();
        try {
            leaving = detached;
            if (!leaving && running + abandoned >= limits.commands()) {
                return false;
            }
            running++;
            lastUse = System.nanoTime();
            load.note(running, lastUse);
        } finally {
            lock.unlock();
        }
        exchange.freed().thenRun(this::ended);
        exchange.end().thenRun(() -> forget(exchange));
        if (leaving) {
            // The socket is about to be closed: nothing may be sent on it any more.
            exchange.notOpened("the connection was idle and is being let go", false);
            return true;
        }
        if (takeSpare(exchange)) {
            return true;
        }
        noteOpening(exchange);
        @Nullable Channel own = open(exchange, false);
        if (own != null) {
            exchange.on(own);
            openAhead(false);
        } else if (!attachment().isAlive()) {
            exchange.notOpened("the connection has ended", false);
        } else if (attachment().poisoned()) {
            exchange.notOpened("the server refused a session before", true);
        } else {
            await(exchange);
        }
        return true;
    }

    /**
     * Finds a channel for something that is no command of the caller's, such as a sweep after a kill: a preopened one, a
     * new one within the server's limit, or the next that becomes free, ahead of waiting commands. Never waits.
     */
    void startAside(Exchange exchange, Aside aside) {
        boolean leaving;
        lock.lock();
        try {
            leaving = detached;
            if (!leaving) {
                asides.put(exchange, aside);
            }
        } finally {
            lock.unlock();
        }
        if (leaving) {
            exchange.notOpened("the connection has ended", false);
            return;
        }
        exchange.freed().thenRun(() -> asideEnded(exchange));
        exchange.end().thenRun(() -> forget(exchange));
        if (takeSpare(exchange)) {
            return;
        }
        lock.lock();
        try {
            waiting.addFirst(exchange);
        } finally {
            lock.unlock();
        }
        seekProof();
        serveWaiting();
    }

    private void asideEnded(Exchange exchange) {
        lock.lock();
        try {
            asides.remove(exchange);
            armIdleTimer();
        } finally {
            lock.unlock();
        }
        roomier();
    }

    private @Nullable Channel open(ChannelHandler handler, boolean hold) {
        return attachment().open(handler, sessionLimit(), hold);
    }

    private boolean takeSpare(Exchange exchange) {
        for (Spare spare; (spare = pollSpare()) != null; ) {
            if (adopted(spare, exchange)) {
                return true;
            }
        }
        return false;
    }

    /** Gives a spare to an exchange; false when the server has closed it meanwhile, or the master is gone. */
    private boolean adopted(Spare spare, Exchange exchange) {
        Channel channel = channelOf(spare);
        switch (channel.adopt(exchange)) {
            case OPEN -> {
                boolean more = wantsMore();
                exchange.begin(channel, more);
                exchange.end().thenAccept(this::endedOnSpare);
                if (more) {
                    openAhead(true);
                    attachment().flush();
                }
                return true;
            }
            case OPENING -> {
                exchange.on(channel);
                openAhead(false);
                return true;
            }
            case NOT -> {
                return false;
            }
        }
        throw new AssertionError("all cases are above");
    }

    /** One that is open rather than one that opens: the oldest. */
    private @Nullable Spare pollSpare() {
        lock.lock();
        try {
            return trust.mayUse() ? spares.pollFirst() : null;
        } finally {
            lock.unlock();
        }
    }

    private boolean wantsMore() {
        lock.lock();
        try {
            return missingSpares() > 0;
        } finally {
            lock.unlock();
        }
    }

    private int missingSpares() {
        if (limits.spares() == 0 || detached || !Exits.mayOpen() || trust.state() == SpareTrust.State.CLOSES) {
            return 0;
        }
        if (!trust.mayUse() && limits.commands() == 1) {
            return 0;
        }
        // The first one shows what the server does with it.
        int wanted = trust.mayUse() ? Math.max(limits.spares(), load.peak()) : 1;
        int there = spares.size() + spareOpening;
        return Math.min(limits.commands() - running - abandoned - there, wanted - there);
    }

    private void openAhead(boolean hold) {
        while (reserveSpare()) {
            Spare spare = new Spare(this::remove, this::closedByServer);
            @Nullable Channel channel = open(spare, hold);
            boolean awaited = false;
            lock.lock();
            try {
                spareOpening--;
                // One that has ended by now was not there to be removed.
                if (channel != null && !spare.over) {
                    spare.channel = channel;
                    spares.addLast(spare);
                    awaited = !waiting.isEmpty();
                }
            } finally {
                lock.unlock();
            }
            if (awaited) {
                // It took the room that somebody waits for: it is his.
                serveWaiting();
            }
            if (channel == null) {
                // No room for it now; when there is, roomier() comes by.
                seekProof();
                return;
            }
        }
    }

    private boolean reserveSpare() {
        lock.lock();
        try {
            boolean missing = missingSpares() > 0;
            if (missing) {
                spareOpening++;
            }
            return missing;
        } finally {
            lock.unlock();
        }
    }

    /** Of one that is among the spares, or was. */
    private Channel channelOf(Spare spare) {
        lock.lock();
        try {
            return Objects.requireNonNull(spare.channel);
        } finally {
            lock.unlock();
        }
    }

    private void remove(Spare spare) {
        lock.lock();
        try {
            spare.over = true;
            spares.remove(spare);
        } finally {
            lock.unlock();
        }
    }

    /** There are closed channels that the server may not have cleared away. Its next answer proves that it has. */
    private void await(Exchange exchange) {
        lock.lock();
        try {
            waiting.addLast(exchange);
        } finally {
            lock.unlock();
        }
        closeUnusable();
        seekProof();
        serveWaiting();
    }

    private long proofNanos() {
        return LEAST_PROOF_NANOS + 2 * attachment().roundTripNanos();
    }

    private void presume() {
        long left = isAwaited() ? attachment().presumeClosesProven(proofNanos()) : 0;
        lock.lock();
        try {
            proofTimed = left > 0;
        } finally {
            lock.unlock();
        }
        if (left > 0) {
            loop().schedule(left, this::presume);
        } else if (isAwaited() && isAlive() && !attachment().poisoned()) {
            // Somebody came meanwhile, or there is no room for another reason.
            seekProof();
        }
    }

    private boolean isAwaited() {
        lock.lock();
        try {
            return !waiting.isEmpty() || missingSpares() > 0;
        } finally {
            lock.unlock();
        }
    }

    /** By a question on another channel; only where there is none, by the clock, which a busy server may belie. */
    private void seekProof() {
        if (attachment().askForProof()) {
            return;
        }
        boolean time;
        lock.lock();
        try {
            time = !proofTimed;
            proofTimed = true;
        } finally {
            lock.unlock();
        }
        if (time) {
            loop().schedule(proofNanos(), this::presume);
        }
    }

    /** Gives those who wait a channel opened ahead, or opens one, as far as there is room. */
    private void serveWaiting() {
        for (Exchange next; (next = firstWaiting()) != null; ) {
            Spare spare;
            @Nullable Channel channel = null;
            lock.lock();
            try {
                if (waiting.peekFirst() != next) {
                    continue;
                }
                spare = trust.mayUse() ? spares.pollFirst() : null;
                // Under the lock, so that nobody who makes room can look away just between our try and our waiting on.
                @Nullable Aside aside = asides.get(next);
                int most = aside == null ? commandLimit() : limits.sessionsFor(aside);
                channel = spare == null ? attachment().open(next, most - abandoned, false) : null;
                if (spare == null
                        && channel == null
                        && attachment().isAlive()
                        && !attachment().poisoned()) {
                    return;
                }
                waiting.removeFirst();
            } finally {
                lock.unlock();
            }
            if (channel != null) {
                next.on(channel);
            } else if (spare == null) {
                next.notOpened("the connection has ended", attachment().poisoned());
            } else if (!adopted(spare, next)) {
                putBack(next);
            }
        }
    }

    private @Nullable Exchange firstWaiting() {
        lock.lock();
        try {
            return waiting.peekFirst();
        } finally {
            lock.unlock();
        }
    }

    private void putBack(Exchange exchange) {
        lock.lock();
        try {
            waiting.addFirst(exchange);
        } finally {
            lock.unlock();
        }
    }

    private void forget(Exchange exchange) {
        lock.lock();
        try {
            waiting.remove(exchange);
        } finally {
            lock.unlock();
        }
    }

    private void ended() {
        lock.lock();
        try {
            running--;
            trust.commandEnded();
            lastUse = System.nanoTime();
            load.note(running, lastUse);
            armIdleTimer();
        } finally {
            lock.unlock();
        }
        closeSurplus();
        roomier();
    }

    /** Under the lock. */
    private void armIdleTimer() {
        if (running == 0 && asides.isEmpty() && idleTimer == null && !detached) {
            idleTimer = loop().schedule(limits.idleNanos(), this::detachIfIdle);
        }
    }

    private void closeSurplus() {
        @Nullable Spare surplus = null;
        lock.lock();
        try {
            if (spares.size() > Math.max(limits.spares(), load.peak())) {
                surplus = dismissed(spares.pollLast());
            }
        } finally {
            lock.unlock();
        }
        if (surplus != null) {
            channelOf(surplus).close();
        }
    }

    private static @Nullable Spare dismissed(@Nullable Spare spare) {
        if (spare != null) {
            spare.dismissed = true;
        }
        return spare;
    }

    /** Somebody waits, and nobody may use the spare yet that takes the room. */
    private void closeUnusable() {
        @Nullable Spare inTheWay = null;
        lock.lock();
        try {
            if (!waiting.isEmpty() && !trust.mayUse()) {
                inTheWay = dismissed(spares.pollFirst());
            }
        } finally {
            lock.unlock();
        }
        if (inTheWay != null) {
            channelOf(inTheWay).close();
        }
    }

    private void noteOpening(Exchange exchange) {
        lock.lock();
        try {
            trust.opening(exchange);
        } finally {
            lock.unlock();
        }
    }

    /** One command is lost to a server that closes channels for reasons of its own; not each of them. */
    private void endedOnSpare(End end) {
        if (!(end instanceof End.NoStatus)) {
            return;
        }
        boolean lesson;
        lock.lock();
        try {
            lesson = trust.failed();
        } finally {
            lock.unlock();
        }
        if (lesson) {
            owner.closesIdleChannels();
        }
    }

    private void closedByServer(Spare spare) {
        boolean lesson;
        lock.lock();
        try {
            lesson = !spare.dismissed && trust.closed(spare);
        } finally {
            lock.unlock();
        }
        if (lesson) {
            owner.closesIdleChannels();
        }
    }

    private void detachIfIdle() {
        lock.lock();
        try {
            idleTimer = null;
            if (running > 0 || !asides.isEmpty() || detached) {
                return;
            }
            long left = limits.idleNanos() - (System.nanoTime() - lastUse);
            if (left > 0) {
                idleTimer = loop().schedule(left, this::detachIfIdle);
                return;
            }
            detached = true;
        } finally {
            lock.unlock();
        }
        attachment().detach();
    }

    private void stopTimer() {
        lock.lock();
        try {
            if (idleTimer != null) {
                idleTimer.cancel();
                idleTimer = null;
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets go of the master: it stays warm, and may end by itself from now on. Waits for the answer to an OPEN that is
     * under way, at most 2 s: without it, the master would die.
     */
    public void close() {
        lock.lock();
        try {
            detached = true;
        } finally {
            lock.unlock();
        }
        stopTimer();
        attachment().detach();
        attachment().awaitEnd(CLOSE_NANOS);
    }

    /** Asks the server something that it answers in any case; a request that is still unanswered does as well. */
    public void askOverNetwork() {
        attachment().askOnAny();
    }

    /** The shortest time of late in which the server answered. */
    public long roundTripNanos() {
        return attachment().roundTripNanos();
    }

    /** Cuts the socket, whatever becomes of the master. */
    public void abandon() {
        attachment().abandon();
    }

    /** So many more commands may go on over there, and hold their sessions, without our knowing when they end. */
    public void abandoned(int commands) {
        lock.lock();
        try {
            abandoned += commands;
        } finally {
            lock.unlock();
        }
    }

    private int sessionLimit() {
        lock.lock();
        try {
            return commandLimit() - abandoned;
        } finally {
            lock.unlock();
        }
    }

    /** Beside a sweep, which has a session too, commands use no slack that is not known to be there. Under the lock. */
    private int commandLimit() {
        return asides.isEmpty() ? limits.sessions() : limits.sessionsFor(Aside.BEYOND_CAPACITY);
    }

    // ---- from the attachment

    @Override
    public void opened(ChannelHandler by, long nanos, long window) {
        lock.lock();
        try {
            trust.confirmed(by, window);
        } finally {
            lock.unlock();
        }
        owner.opened(by instanceof Spare, nanos);
        closeUnusable();
    }

    @Override
    public void refused(int sessions) {
        owner.refused(sessions);
        serveWaiting();
    }

    @Override
    public void roomier() {
        serveWaiting();
        openAhead(false);
        if (firstWaiting() != null) {
            seekProof();
        }
    }

    @Override
    public void lost(Throwable why) {
        boolean wanted;
        lock.lock();
        try {
            wanted = detached;
            detached = true;
            spares.clear();
        } finally {
            lock.unlock();
        }
        stopTimer();
        Attachment gone = attachment;
        if (gone != null) {
            Exits.forget(gone);
        }
        serveWaiting();
        owner.ended(why, !wanted);
    }

    @Override
    public void windowChanged(int before, int after) {
        owner.windowChanged(before, after);
    }

    @Override
    public void markingKnown(Marking marking) {
        owner.markingKnown(marking);
    }
}
