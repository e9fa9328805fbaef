package io.muxpool.internal.mux.channel;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.Frames;
import io.muxpool.internal.mux.wire.MuxMessage;
import io.muxpool.internal.mux.wire.ProtocolException;
import io.muxpool.internal.sweep.Marking;
import io.muxpool.internal.unix.LocalSocket;
import java.io.EOFException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Our socket at one master, in proxy mode: the channels on it, and the lifeline, since its end is the master's.
 *
 * <p>Two rules keep the master, and every session on it, alive (measured on 9.2 and 10.5). The socket is never closed by
 * us while an OPEN is unanswered: the master would die of a channel without a name. And after a refused OPEN the same
 * holds for ever, so that from then on the socket is {@link #poisoned}: no more is opened on it, and it is closed only
 * when the master may die.
 *
 * <p>Thread-safe. Callers send; the loop's thread reads, and tells the {@link ChannelHandler}s.
 */
public final class Attachment implements EventLoop.Ready {
    private static final Logger LOG = System.getLogger("io.muxpool.mux");

    /** What one read takes at most: a whole frame, and large, since each read costs a system call. */
    private static final int READ_SIZE = Frames.MAX_BODY + 64 * 1024;

    /** A read of less has emptied the socket, whose buffer holds some 200 KiB: the master has no more waiting for us. */
    private static final int EMPTYING_READ = 96 * 1024;

    /** A socket's rest is a master's send buffer, some 220 KiB; of a master that lives there may be no end. */
    private static final int RESTING_READS = 8;

    /**
     * Linux doubles it within net.core.wmem_max, and then holds 416 KiB instead of 208. A writer is woken when three
     * quarters are gone: half as often, and uploads are 14 % faster.
     */
    private static final int SEND_BUFFER = 256 * 1024;

    private static final int PROXY_REQUEST = 1;

    /** What an attachment tells whoever uses it; from any thread, without a lock. */
    public interface Watcher {
        /**
         * An OPEN was confirmed after so many nanoseconds.
         *
         * @param by who will hear of the channel
         * @param window how many bytes the server takes from the start
         */
        void opened(ChannelHandler by, long nanos, long window);

        /** An OPEN was refused: this socket opens no more. */
        void refused(int sessions);

        /** A channel has ended, or a proof came, so that another may be opened. */
        void roomier();

        /** The master is gone. Told once, after every channel was. */
        void lost(Throwable why);

        /** A receive window was tuned. */
        void windowChanged(int before, int after);

        /** The server has answered how commands can be marked. */
        void markingKnown(Marking marking);
    }

    private final EventLoop loop = EventLoop.shared();
    private final ByteChannel socket;
    private final Outbox outbox;
    private final Watcher watcher;
    private final int maxWindow;
    private final CompletableFuture<Void> attached = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition answered = lock.newCondition();
    // All guarded by lock.
    private final Map<Integer, Channel> channels = new HashMap<>();
    private final Set<Channel> wantRoom = new LinkedHashSet<>();
    private final Closes closes = new Closes();
    private @Nullable Channel asked;
    private long askedAfter;
    private int nextId;
    private int opening;
    private boolean poisoned;
    private boolean detaching;
    private boolean gone;

    private final RoundTrip roundTrip = new RoundTrip(System.nanoTime());
    private volatile boolean openSsh;
    private volatile Marking marking;
    private final CompletableFuture<Void> markingKnown = new CompletableFuture<>();
    private volatile long lastNews = System.nanoTime();
    private volatile long emptyAt = lastNews;
    private volatile @Nullable SelectionKey key;

    // The loop's own: what of a frame has come, and how far the greeting went.
    private static final ByteBuffer INBOX = ByteBuffer.allocateDirect(READ_SIZE);
    private ByteBuffer partial = ByteBuffer.allocate(0);
    private final Greeting greeting = new Greeting();

    /** On a socket that is connected, and registered with the loop by whoever makes this. */
    Attachment(ByteChannel socket, Watcher watcher, int maxWindow, Marking marking) {
        this.socket = socket;
        this.watcher = watcher;
        this.maxWindow = maxWindow;
        this.marking = marking;
        if (marking != Marking.UNKNOWN) {
            markingKnown.complete(null);
        }
        this.outbox = new Outbox(socket, this::wantWritable, this::failLater);
    }

    /**
     * Connects to a master and asks for proxy mode, without waiting for its answer: see {@link #attached}.
     *
     * @param maxWindow the bound of each channel's receive window, in bytes
     * @param marking as an earlier connection to this server found it
     * @throws IOException when nobody listens there, or another user
     */
    public static Attachment connect(Path socket, int maxWindow, Marking marking, Watcher watcher) throws IOException {
        SocketChannel channel = LocalSocket.connect(socket);
        try {
            channel.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER);
            Attachment attachment = new Attachment(channel, watcher, maxWindow, marking);
            attachment.outbox.send(new MuxMessage.Hello(), new MuxMessage.Proxy(PROXY_REQUEST));
            attachment.key = attachment.loop.register(channel, attachment);
            return attachment;
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    /** Done when the master speaks proxy mode; failed, with an IOException, when it will not. */
    public CompletableFuture<Void> attached() {
        return attached;
    }

    /** The loop that reads this socket. */
    public EventLoop loop() {
        return loop;
    }

    /** When something last came from the master, as of {@link System#nanoTime}. */
    public long lastNews() {
        return lastNews;
    }

    /** When the socket was last read empty, as of {@link System#nanoTime}. */
    long emptyAt() {
        return emptyAt;
    }

    /** The shortest time between an OPEN and its confirmation of late; a second when there was none. */
    public long roundTripNanos() {
        return roundTrip.nanos();
    }

    /**
     * Opens a channel; its handler hears how that went.
     *
     * @param limit how many sessions the server may see on this connection, those included that it may not have cleared
     *     away yet
     * @param hold leave the message in the outbox for what the same thread sends next, and surely does
     * @return null when there is no room now
     */
    public @Nullable Channel open(ChannelHandler handler, int limit, boolean hold) {
        lock.lock();
        try {
            if (poisoned || detaching || gone || sessions() >= limit) {
                return null;
            }
            int id = nextId++;
            Channel channel = new Channel(this, id, handler, closes.sent(), maxWindow);
            channels.put(id, channel);
            opening++;
            // Under the lock, so that nobody can detach between the count and the OPEN.
            outbox.send(
                    new ChannelMessage.Open(id, Math.min(LocalWindow.INITIAL, maxWindow), Channel.MAX_PACKET), hold);
            return channel;
        } finally {
            lock.unlock();
        }
    }

    /** Sends what was held back. */
    public void flush() {
        outbox.release();
    }

    /** Whether all up to a position, as {@link Channel#request} gave it, has left for the master. */
    public boolean hasTaken(long position) {
        return outbox.hasTaken(position);
    }

    /**
     * Sessions that the server may count on this connection: those open, and those whose CLOSE it may not have seen yet.
     * sshd frees a session only after our CLOSE, and then only when it has worked off all that came with it.
     */
    private int sessions() {
        return channels.size() + closes.unproven();
    }

    /**
     * Asks for a proof that the CLOSEs sent so far were worked off, if there is something to prove, and nobody has asked
     * yet. When it comes, {@link Watcher#roomier} is told.
     *
     * <p>Only OpenSSH is asked, which it is known to be by a request that it alone makes. It answers nothing behind its
     * own CLOSE. Others do (seen of mina), and the master may have given the number of that channel to another by then,
     * which would get the answer.
     *
     * @return false when it is to be waited for by the clock: there is nobody, or no channel, to ask on
     */
    public boolean askForProof() {
        List<Channel> candidates;
        long sent;
        lock.lock();
        try {
            boolean underWay = asked != null && channels.containsValue(asked) && askedAfter > closes.proven();
            if (closes.unproven() == 0 || underWay) {
                return true;
            }
            if (!openSsh) {
                return false;
            }
            candidates = new ArrayList<>(channels.values());
            sent = closes.sent();
        } finally {
            lock.unlock();
        }
        for (Channel channel : candidates) {
            if (channel.askForProof()) {
                lock.lock();
                try {
                    asked = channel;
                    askedAfter = sent;
                } finally {
                    lock.unlock();
                }
                return true;
            }
        }
        return false;
    }

    /** How commands are marked on this connection. */
    public Marking marking() {
        return marking;
    }

    /** Done when {@link #marking} is known. */
    public CompletableFuture<Void> markingKnown() {
        return markingKnown;
    }

    /** The server has had time enough to answer. A command shall not wait for one that never does; nothing is noted. */
    public void presumeMarksRefused() {
        if (!markingKnown.isDone()) {
            marking = Marking.IN_LINE;
            markingKnown.complete(null);
        }
    }

    /** The server has taken, or refused, the mark that was sent with a request for an answer. On the loop. */
    void markAnswered(boolean taken) {
        Marking found = taken ? Marking.BY_REQUEST : Marking.IN_LINE;
        marking = found;
        markingKnown.complete(null);
        watcher.markingKnown(found);
    }

    /** Sends a request that any server answers, if only by a refusal, on a channel that is open; there may be none. */
    public void askOnAny() {
        List<Channel> candidates;
        lock.lock();
        try {
            candidates = new ArrayList<>(channels.values());
        } finally {
            lock.unlock();
        }
        for (Channel channel : candidates) {
            if (channel.askForProof()) {
                return;
            }
        }
    }

    /** It has made a request that only OpenSSH makes. */
    void serverIsOpenSsh() {
        openSsh = true;
    }

    /**
     * Believes every CLOSE worked off by the server if the last one was sent at least so long ago, and nothing is under way
     * that could prove it.
     *
     * @return how long that is still to come, in nanoseconds; 0 when it was done
     */
    public long presumeClosesProven(long nanos) {
        lock.lock();
        try {
            long left = closes.presumeProven(nanos, System.nanoTime());
            if (left > 0) {
                return left;
            }
        } finally {
            lock.unlock();
        }
        watcher.roomier();
        return 0;
    }

    /** Whether an OPEN was refused here. */
    public boolean poisoned() {
        lock.lock();
        try {
            return poisoned;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the master is there, and we are. */
    public boolean isAlive() {
        lock.lock();
        try {
            return !gone && !detaching;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Closes the socket as soon as no OPEN is unanswered; opens nothing any more from now on. Does not wait. The master
     * closes the channels that are left; their handlers hear of it as of a loss.
     */
    public void detach() {
        boolean now;
        lock.lock();
        try {
            detaching = true;
            now = opening == 0 && !gone;
        } finally {
            lock.unlock();
        }
        if (now) {
            loop.execute(() -> failed(new EOFException("detached")));
        }
    }

    /** Closes the socket whatever is under way: for a master that may, or shall, die of it. */
    public void abandon() {
        loop.execute(() -> failed(new EOFException("abandoned")));
    }

    /** Waits until no OPEN is unanswered, or the socket is gone; false when that took longer. Not interruptible. */
    public boolean awaitAnswers(long nanos) {
        long deadline = System.nanoTime() + nanos;
        boolean interrupted = false;
        lock.lock();
        try {
            while (opening > 0 && !gone) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                try {
                    answered.awaitNanos(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return true;
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits until the socket is closed, for which {@link #detach} or {@link #abandon} is to be called before. */
    public void awaitEnd(long nanos) {
        try {
            ended.get(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(
                    Level.WARNING,
                    "an ssh master has not answered within {0} ms",
                    TimeUnit.NANOSECONDS.toMillis(nanos));
        }
    }

    Outbox outbox() {
        return outbox;
    }

    // ---- from channels, under their lock

    long closesSent() {
        lock.lock();
        try {
            return closes.sent();
        } finally {
            lock.unlock();
        }
    }

    void closeSent() {
        lock.lock();
        try {
            closes.sentOne(System.nanoTime());
        } finally {
            lock.unlock();
        }
    }

    /** The server has answered what was sent behind that many CLOSEs; true when that is news. */
    boolean proven(long closesBefore) {
        lock.lock();
        try {
            return closes.proven(closesBefore);
        } finally {
            lock.unlock();
        }
    }

    /** An OPEN that was sent behind that many CLOSEs is confirmed. */
    void confirmed(long nanos, long closesBefore) {
        roundTrip.measured(nanos, System.nanoTime());
        proven(closesBefore);
        answered();
    }

    void waitForRoom(Channel channel) {
        lock.lock();
        try {
            wantRoom.add(channel);
        } finally {
            lock.unlock();
        }
        wantWritable();
    }

    void windowChanged(int before, int after) {
        watcher.windowChanged(before, after);
    }

    /** For whoever finds the socket broken, and may hold locks. */
    private void failLater(IOException why) {
        loop.execute(() -> {
            try {
                readTheRest();
            } catch (IOException e) {
                // As a rule the end of the socket, which is no news.
                why.addSuppressed(e);
            } finally {
                failed(why);
            }
        });
    }

    /**
     * Once a master has closed its socket, a write fails at once; but what it said before, such as how commands ended, still
     * waits here, and is true. (Linux: unix_stream_read_generic looks at the queue before it looks at the error.)
     */
    private void readTheRest() throws IOException {
        for (int reads = 0; reads < RESTING_READS && read() > 0; reads++) {}
    }

    private void wantWritable() {
        // None yet during the greeting, whose 24 bytes always fit.
        SelectionKey now = key;
        if (now != null) {
            try {
                now.interestOpsOr(SelectionKey.OP_WRITE);
                loop.wake();
            } catch (CancelledKeyException e) {
                LOG.log(Level.TRACE, "the socket has just ended", e);
            }
        }
    }

    private void answered() {
        boolean detachNow;
        lock.lock();
        try {
            opening--;
            answered.signalAll();
            detachNow = detaching && opening == 0;
        } finally {
            lock.unlock();
        }
        if (detachNow) {
            loop.execute(() -> failed(new EOFException("detached")));
        }
    }

    // ---- from channels, on the loop

    void refused(Channel channel) {
        int sessions;
        lock.lock();
        try {
            channels.remove(channel.id());
            poisoned = true;
            // Those opening were sent behind this one, or they would have been answered: the server knew none of them.
            sessions = sessions() - (opening - 1);
        } finally {
            lock.unlock();
        }
        answered();
        watcher.refused(sessions);
    }

    /** Without a lock held: the confirmation may also have proven CLOSEs. */
    void opened(ChannelHandler by, long nanos, long window) {
        watcher.opened(by, nanos, window);
        watcher.roomier();
    }

    void closed(Channel channel) {
        lock.lock();
        try {
            channels.remove(channel.id());
        } finally {
            lock.unlock();
        }
    }

    /** Behind {@link #closed}, when whoever the channel served has been told. */
    void roomier() {
        watcher.roomier();
    }

    // ---- on the loop

    @Override
    public void ready(SelectionKey ready) throws IOException {
        if (ready.isWritable()) {
            ready.interestOpsAnd(~SelectionKey.OP_WRITE);
            if (outbox.flush()) {
                tellRoom();
            }
        }
        if (ready.isReadable()) {
            read();
        }
    }

    private void tellRoom() {
        List<Channel> waiting;
        lock.lock();
        try {
            waiting = new ArrayList<>(wantRoom);
            wantRoom.clear();
        } finally {
            lock.unlock();
        }
        waiting.forEach(Channel::roomAgain);
    }

    /** Reads once, and returns how many bytes. */
    private int read() throws IOException {
        INBOX.clear().put(partial);
        int n = socket.read(INBOX);
        if (n < 0) {
            throw new EOFException("the ssh master ended the connection");
        }
        lastNews = System.nanoTime();
        if (n < EMPTYING_READ) {
            emptyAt = lastNews;
        }
        INBOX.flip();
        for (ByteBuffer frame; (frame = Frames.next(INBOX)) != null; ) {
            received(frame);
        }
        // The CLOSEs that were answered: behind the waking of those who wait for them, and in one go.
        outbox.release();
        keepPartial();
        return n;
    }

    /** A frame that has not come whole waits in memory of its own: the inbox is everybody's. */
    private void keepPartial() {
        partial = INBOX.hasRemaining()
                ? ByteBuffer.allocate(INBOX.remaining()).put(INBOX).flip()
                : partial.clear().limit(0);
    }

    private void received(ByteBuffer frame) throws ProtocolException {
        if (!greeting.isOver()) {
            greeting.heard(MuxMessage.decode(frame));
            if (greeting.isOver()) {
                attached.complete(null);
            }
            return;
        }
        ChannelMessage message = ChannelMessage.decode(frame);
        if (!(message instanceof ChannelMessage.ToChannel toChannel)) {
            throw new ProtocolException("the server opened a channel that nobody asked for: " + message);
        }
        @Nullable Channel channel;
        boolean wasOpen;
        lock.lock();
        try {
            channel = channels.get(toChannel.recipient());
            wasOpen = Integer.compareUnsigned(toChannel.recipient(), nextId) < 0;
        } finally {
            lock.unlock();
        }
        if (channel != null) {
            channel.received(toChannel);
        } else if (!wasOpen || !isHarmlessBehindClose(toChannel)) {
            throw new ProtocolException("the master speaks of channel "
                    + Integer.toUnsignedString(toChannel.recipient()) + ", which is not open");
        }
    }

    /**
     * Some servers (seen of mina, with a WINDOW_ADJUST) say more behind their CLOSE. What concerns nobody is passed over:
     * the others on this connection should not pay for it. Output, and whatever speaks of opening, would be a loss to keep
     * silent about. No number is used twice.
     */
    private static boolean isHarmlessBehindClose(ChannelMessage.ToChannel message) {
        return message instanceof ChannelMessage.WindowAdjust
                || message instanceof ChannelMessage.Success
                || message instanceof ChannelMessage.Failure
                || message instanceof ChannelMessage.Request
                || message instanceof ChannelMessage.Eof;
    }

    /** The end of the socket, however it came. Runs once. */
    @Override
    public void failed(Throwable why) {
        List<Channel> left;
        lock.lock();
        try {
            if (gone) {
                return;
            }
            gone = true;
            opening = 0;
            left = new ArrayList<>(channels.values());
            channels.clear();
            wantRoom.clear();
            answered.signalAll();
        } finally {
            lock.unlock();
        }
        outbox.close();
        try {
            socket.close();
        } catch (IOException e) {
            why.addSuppressed(e);
        }
        loop.unregister();
        attached.completeExceptionally(why instanceof IOException ? why : new IOException(why));
        left.forEach(channel -> channel.lost(why));
        watcher.lost(why);
        ended.complete(null);
    }
}
