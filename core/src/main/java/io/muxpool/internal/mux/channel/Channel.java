package io.muxpool.internal.mux.channel;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.ChannelRequest;
import io.muxpool.internal.mux.wire.ProtocolException;
import io.muxpool.internal.sweep.Mark;
import io.muxpool.internal.sweep.Marking;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One session channel, from its OPEN to the server's CLOSE (RFC 4254 section 5).
 *
 * <pre>
 *              91 confirmed           we CLOSE              97
 *   OPENING ----------------> OPEN ---------------> CLOSING ----> CLOSED
 *      |                       |                                    ^
 *      | 92 refused            +------- 97, and we answer CLOSE ----+
 *      v
 *   REFUSED                   any of them, when the socket ends: LOST
 * </pre>
 *
 * CLOSED, REFUSED and LOST are ends: nothing is sent there, since anything behind our CLOSE makes sshd drop the whole
 * connection. So state and sending are one step, under the channel's lock.
 *
 * <p>Thread-safe. Methods below "from the loop" are called by the loop's thread only.
 */
public final class Channel {
    /** The largest payload of a DATA message, both ways; what OpenSSH itself announces. */
    public static final int MAX_PACKET = 32 * 1024;

    /** What {@link #request} answers when the channel takes none. */
    public static final long NOT_SENT = -1;

    private static final ChannelRequest PROOF =
            new ChannelRequest.Unknown("proof-of-close@muxpool", ByteBuffer.allocate(0));

    enum State {
        OPENING,
        OPEN,
        CLOSING,
        CLOSED,
        REFUSED,
        LOST
    }

    private final Attachment attachment;
    private final int id;
    private final long closesBefore;
    private final long openedAt = System.nanoTime();

    private final ReentrantLock lock = new ReentrantLock();
    // All guarded by lock.
    private State state = State.OPENING;
    private ChannelHandler handler;
    private int serverId;
    private @Nullable RemoteWindow remote;
    private final LocalWindow local;
    private Marking marking = Marking.UNKNOWN;
    private boolean eofSent;
    private boolean closeAtOpen;
    private boolean wantsToSend;
    private final Deque<Asked> asked = new ArrayDeque<>();

    /**
     * A request whose reply is still to come.
     *
     * @param closes how many CLOSEs this socket had sent when the request was: its reply proves them worked off
     * @param reply takes the reply; null for the handler
     */
    private record Asked(long closes, @Nullable Consumer<Boolean> reply) {}

    private final String mark = Mark.next();

    /** @param closesBefore how many CLOSEs were sent on the socket before this channel's OPEN */
    Channel(Attachment attachment, int id, ChannelHandler handler, long closesBefore, int maxWindow) {
        this.attachment = attachment;
        this.id = id;
        this.handler = handler;
        this.closesBefore = closesBefore;
        this.local = new LocalWindow(LocalWindow.INITIAL, maxWindow);
    }

    int id() {
        return id;
    }

    /** The connection it is a channel of. */
    public Attachment attachment() {
        return attachment;
    }

    /**
     * Gives the channel to another handler, if it can still be used: when opening, its {@code opened} is yet to come.
     *
     * @return whether it can; when false, the old handler hears of the end, or has
     */
    public Adopted adopt(ChannelHandler next) {
        lock.lock();
        try {
            if (state == State.OPENING && !closeAtOpen) {
                handler = next;
                return Adopted.OPENING;
            }
            if (state == State.OPEN && !eofSent) {
                handler = next;
                return Adopted.OPEN;
            }
            return Adopted.NOT;
        } finally {
            lock.unlock();
        }
    }

    /** What {@link #adopt} found. */
    public enum Adopted {
        /** Usable at once. */
        OPEN,
        /** Its new handler will be told when it is open. */
        OPENING,
        /** Not usable. */
        NOT
    }

    /**
     * Sends requests, and with them the end of input when nothing is to follow.
     *
     * @param hold leave them in the outbox for what the same thread sends next, and surely does
     * @return where in the stream to the master the last request ends (see {@link Attachment#hasTaken});
     *     {@link #NOT_SENT} when the channel is not open any more: nothing was sent
     */
    public long request(boolean wantReply, boolean thenEof, boolean hold, ChannelRequest... requests) {
        lock.lock();
        try {
            if (state != State.OPEN) {
                return NOT_SENT;
            }
            long end = NOT_SENT;
            for (int i = 0; i < requests.length; i++) {
                boolean last = i == requests.length - 1;
                boolean wants = wantReply && last;
                if (wants) {
                    asked.addLast(new Asked(attachment.closesSent(), null));
                }
                // Variables go without a reply: whether the server takes them is its AcceptEnv's to say, and no
                // failure.
                end = send(new ChannelMessage.Request(serverId, wants, requests[i]), hold || !last || thenEof);
            }
            if (end == Outbox.NEVER) {
                // The connection is over, and its end is on the way to us.
                return NOT_SENT;
            }
            if (thenEof && !eofSent) {
                eofSent = true;
                send(new ChannelMessage.Eof(serverId), hold);
            }
            return end;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Asks what no server knows, for the sake of its refusal: that proves all CLOSEs before it worked off.
     *
     * @return false when the channel is not open
     */
    boolean askForProof() {
        lock.lock();
        try {
            if (state != State.OPEN) {
                return false;
            }
            asked.addLast(new Asked(attachment.closesSent(), Channel::nobody));
            send(new ChannelMessage.Request(serverId, true, PROOF), false);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sends as much of {@code from} as the server's window and the socket take now, and advances its position. The
     * handler is told {@link ChannelHandler#writable} when there may be room for the rest.
     *
     * @return false when the channel takes no input any more
     */
    public boolean send(ByteBuffer from) {
        lock.lock();
        try {
            while (state == State.OPEN && !eofSent && remote != null && from.hasRemaining()) {
                int n = Math.min(remote.sendable(), from.remaining());
                if (n == 0) {
                    wantsToSend = true;
                    return true;
                }
                ByteBuffer payload = from.slice(from.position(), n);
                if (!attachment.outbox().offer(new ChannelMessage.Data(serverId, payload))) {
                    wantsToSend = true;
                    attachment.waitForRoom(this);
                    return true;
                }
                remote.sent(n);
                from.position(from.position() + n);
            }
            return state == State.OPEN && !eofSent;
        } finally {
            lock.unlock();
        }
    }

    /** Says that no more input will come. Does nothing a second time, or when the channel is not open. */
    public void sendEof() {
        lock.lock();
        try {
            if (state == State.OPEN && !eofSent) {
                eofSent = true;
                send(new ChannelMessage.Eof(serverId), false);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends the channel from our side; the handler still hears of the server's CLOSE. An opening one is closed as soon as
     * it is open: before that, the server knows no name for it.
     */
    public void close() {
        lock.lock();
        try {
            if (state == State.OPENING) {
                closeAtOpen = true;
            } else if (state == State.OPEN) {
                sendClose(State.CLOSING, false);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Output was taken by whoever it is for: the server may send as much again. */
    public void taken(int bytes) {
        int before;
        int after;
        lock.lock();
        try {
            before = local.size();
            long allowed = local.taken(bytes, System.nanoTime(), attachment.roundTripNanos(), attachment.emptyAt());
            after = local.size();
            if (allowed > 0 && state == State.OPEN) {
                send(new ChannelMessage.WindowAdjust(serverId, allowed), false);
            }
        } finally {
            lock.unlock();
        }
        if (before != after) {
            attachment.windowChanged(before, after);
        }
    }

    /** Takes a reply that proves something, and that nobody waits for. */
    private static void nobody(boolean success) {}

    /** The mark of the command that runs on this channel. */
    public String mark() {
        return mark;
    }

    /** How the mark gets there: never {@link Marking#UNKNOWN} once the attachment's marking is known. */
    public Marking marking() {
        lock.lock();
        try {
            return marking == Marking.UNKNOWN ? attachment.marking() : marking;
        } finally {
            lock.unlock();
        }
    }

    /** Sends the mark ahead of everything else, held for what this thread sends next. Under the lock. */
    private void sendMark() {
        marking = attachment.marking();
        if (marking == Marking.IN_LINE) {
            return;
        }
        boolean ask = marking == Marking.UNKNOWN;
        if (ask) {
            asked.addLast(new Asked(attachment.closesSent(), attachment::markAnswered));
        }
        send(new ChannelMessage.Request(serverId, ask, new ChannelRequest.Env(Mark.VARIABLE, mark)), true);
    }

    private long send(ChannelMessage message, boolean hold) {
        return attachment.outbox().send(message, hold);
    }

    private void sendClose(State next, boolean hold) {
        state = next;
        send(new ChannelMessage.Close(serverId), hold);
        // Counted behind the sending: whoever reads the count before that must not take its own request for a proof.
        attachment.closeSent();
    }

    // ---- from the loop

    // Each finds out under the lock whom to tell, and tells it outside: of two handlers in a row, each hears its own
    // part.

    void received(ChannelMessage.ToChannel message) throws ProtocolException {
        if (message instanceof ChannelMessage.Data data) {
            data(false, data.payload());
        } else if (message instanceof ChannelMessage.ExtendedData data) {
            data(true, data.payload());
        } else if (message instanceof ChannelMessage.WindowAdjust adjust) {
            adjusted(adjust.bytes());
        } else if (message instanceof ChannelMessage.Request request) {
            requested(request);
        } else if (message instanceof ChannelMessage.Success) {
            replied(true);
        } else if (message instanceof ChannelMessage.Failure) {
            replied(false);
        } else if (message instanceof ChannelMessage.Eof) {
            ended();
        } else if (message instanceof ChannelMessage.Close) {
            closedByServer();
        } else if (message instanceof ChannelMessage.OpenConfirmation confirmation) {
            confirmed(confirmation);
        } else if (message instanceof ChannelMessage.OpenFailure failure) {
            refused(failure);
        }
    }

    private void confirmed(ChannelMessage.OpenConfirmation confirmation) throws ProtocolException {
        long nanos = System.nanoTime() - openedAt;
        ChannelHandler told;
        lock.lock();
        try {
            if (state != State.OPENING) {
                throw unexpected("a confirmation");
            }
            serverId = confirmation.sender();
            remote = new RemoteWindow(confirmation.window(), confirmation.maxPacket());
            state = State.OPEN;
            told = handler;
            attachment.confirmed(nanos, closesBefore);
            if (closeAtOpen) {
                sendClose(State.CLOSING, false);
                return;
            }
            sendMark();
        } finally {
            lock.unlock();
        }
        told.opened(this);
        attachment.opened(told, nanos, confirmation.window());
    }

    private void refused(ChannelMessage.OpenFailure failure) throws ProtocolException {
        ChannelHandler told;
        lock.lock();
        try {
            told = handler;
            if (state != State.OPENING) {
                throw unexpected("a refusal");
            }
            state = State.REFUSED;
        } finally {
            lock.unlock();
        }
        attachment.refused(this);
        told.refused(failure.description().isEmpty() ? "reason " + failure.reason() : failure.description());
    }

    private void data(boolean stderr, ByteBuffer payload) throws ProtocolException {
        int size = payload.remaining();
        ChannelHandler told;
        lock.lock();
        try {
            told = handler;
            requireOpened("data");
            if (size > MAX_PACKET) {
                throw new ProtocolException("a payload of " + size + " bytes, above the " + MAX_PACKET + " we allow");
            }
            local.received(size);
            if (state != State.OPEN) {
                // On its way when we closed; nobody wants it any more.
                return;
            }
        } finally {
            lock.unlock();
        }
        told.data(stderr, payload);
    }

    private void adjusted(long bytes) throws ProtocolException {
        lock.lock();
        try {
            requireOpened("a window");
            if (remote != null) {
                remote.add(bytes);
            }
        } finally {
            lock.unlock();
        }
        roomAgain();
    }

    /** The window, or the socket, takes more. */
    void roomAgain() {
        ChannelHandler told;
        lock.lock();
        try {
            if (!wantsToSend) {
                return;
            }
            wantsToSend = false;
            told = handler;
        } finally {
            lock.unlock();
        }
        told.writable();
    }

    private void ended() throws ProtocolException {
        ChannelHandler told;
        lock.lock();
        try {
            requireOpened("EOF");
            told = handler;
        } finally {
            lock.unlock();
        }
        told.eof();
    }

    private void requested(ChannelMessage.Request request) throws ProtocolException {
        ChannelHandler told;
        lock.lock();
        try {
            told = handler;
            requireOpened("a request");
            if (request.wantReply() && state == State.OPEN) {
                // Such as sshd's keepalive@openssh.com: unanswered, it drops the connection. Any answer will do.
                send(new ChannelMessage.Failure(serverId), false);
            }
        } finally {
            lock.unlock();
        }
        if (request.request() instanceof ChannelRequest.EndOfWrite) {
            attachment.serverIsOpenSsh();
        }
        told.told(request.request());
    }

    private void replied(boolean success) throws ProtocolException {
        ChannelHandler told;
        Asked answered;
        boolean roomier;
        lock.lock();
        try {
            told = handler;
            if (state == State.OPENING) {
                // To one that had this number at the master before us. Servers other than OpenSSH may answer a request
                // behind their CLOSE; but they answer in order, and so before they confirm what was opened later.
                return;
            }
            requireOpened("a reply");
            answered = asked.pollFirst();
            if (answered == null) {
                throw new ProtocolException("a reply on channel " + id + " that nothing was asked on");
            }
            roomier = attachment.proven(answered.closes());
        } finally {
            lock.unlock();
        }
        Consumer<Boolean> reply = answered.reply();
        if (reply == null) {
            told.replied(success);
        } else {
            reply.accept(success);
        }
        if (roomier) {
            attachment.roomier();
        }
    }

    private void closedByServer() throws ProtocolException {
        ChannelHandler told;
        lock.lock();
        try {
            told = handler;
            requireOpened("CLOSE");
            if (state == State.OPEN) {
                // Held: the loop sends it when it has told all that came with it.
                sendClose(State.CLOSED, true);
            } else {
                state = State.CLOSED;
            }
        } finally {
            lock.unlock();
        }
        attachment.closed(this);
        told.closed();
        attachment.roomier();
    }

    void lost(Throwable why) {
        ChannelHandler told;
        lock.lock();
        try {
            told = handler;
            state = State.LOST;
        } finally {
            lock.unlock();
        }
        told.lost(why);
    }

    private void requireOpened(String what) throws ProtocolException {
        if (state != State.OPEN && state != State.CLOSING) {
            throw unexpected(what);
        }
    }

    private ProtocolException unexpected(String what) {
        return new ProtocolException("the master sent " + what + " on channel " + id + ", which is " + state);
    }
}
