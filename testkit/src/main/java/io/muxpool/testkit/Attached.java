package io.muxpool.testkit;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A client that a {@link FakeMaster} let into proxy mode: what it sends is recorded and can be awaited, and anything can
 * be sent to it. The test, or a {@link Script}, plays the server.
 *
 * <p>{@code clientId} is always the client's own number of a channel, which is what goes to the client as the recipient.
 * What sends throws {@link UncheckedIOException} once the connection is closed, and {@link AssertionError} if the client
 * does not take it within ten seconds. Thread-safe.
 */
public final class Attached {

    private final FakeConnection connection;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Frame> frames = new ArrayList<>();
    private final ChannelBook book = new ChannelBook();
    private int next;
    private boolean closed;

    Attached(FakeConnection connection) {
        this.connection = connection;
    }

    /**
     * Waits for the next frame, in order, that no earlier call returned.
     *
     * @throws AssertionError if none comes in time, the connection ends, or the thread is interrupted
     */
    public Frame await(Duration atMost) {
        lock.lock();
        try {
            Frame frame = frameAt(next, atMost);
            if (frame == null) {
                throw new AssertionError("No frame "
                        + (closed ? "before the connection closed" : "within " + atMost) + "; those that came: "
                        + frames);
            }
            next++;
            return frame;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for the next frame, which is to be of that type.
     *
     * @param type such as {@link Frame#OPEN}
     * @throws AssertionError as {@link #await(Duration)} does, or if the next frame is another
     */
    public Frame await(int type, Duration atMost) {
        Frame frame = await(atMost);
        if (frame.type() != type) {
            throw new AssertionError("Not of type " + type + ": " + frame);
        }
        return frame;
    }

    /**
     * Waits for the next frame, which is to be a request of that name.
     *
     * @throws AssertionError as {@link #await(Duration)} does, or if the next frame is another
     */
    public Frame awaitRequest(String name, Duration atMost) {
        Frame frame = await(Frame.REQUEST, atMost);
        if (!frame.requestName().equals(name)) {
            throw new AssertionError("Not a request " + name + " but " + frame.requestName() + ": " + frame);
        }
        return frame;
    }

    /**
     * Waits until either side has closed the connection.
     *
     * @return whether it is closed
     */
    public boolean awaitClosed(Duration atMost) {
        lock.lock();
        try {
            awaitChange(atMost, false, 0);
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Every frame so far, awaited or not. */
    public List<Frame> frames() {
        lock.lock();
        try {
            return List.copyOf(frames);
        } finally {
            lock.unlock();
        }
    }

    /** The client's numbers of the channels whose opening was neither confirmed nor refused: a real master dies with them. */
    public Set<Integer> unansweredOpens() {
        return book.unanswered();
    }

    /** Sends a whole frame, beginning with its length; the same as {@link #raw}. */
    public void send(byte[] rawFrame) {
        connection.send(rawFrame);
    }

    /** Sends bytes as they are: half a frame, a wrong length, anything. */
    public void raw(byte... bytes) {
        connection.send(bytes);
    }

    /** Sends a channel message of any type, well framed. */
    public void message(int type, byte... payload) {
        send(WireBytes.channel(type).raw(payload).framed());
    }

    /** Confirms an opening. */
    public void confirm(int clientId, int serverId, long window, long maxPacket) {
        book.confirmed(clientId, serverId, window);
        send(to(Frame.OPEN_CONFIRMATION, clientId)
                .uint32(serverId)
                .uint32(window)
                .uint32(maxPacket)
                .framed());
    }

    /** Refuses an opening. */
    public void refuse(int clientId, int reason, String text) {
        book.refused(clientId);
        send(to(Frame.OPEN_FAILURE, clientId).uint32(reason).text(text).text("").framed());
    }

    /** Says yes to the oldest request that wants a reply. */
    public void success(int clientId) {
        send(to(Frame.SUCCESS, clientId).framed());
    }

    /** Says no to the oldest request that wants a reply. */
    public void failure(int clientId) {
        send(to(Frame.FAILURE, clientId).framed());
    }

    /** Sends output. */
    public void data(int clientId, byte... bytes) {
        send(to(Frame.DATA, clientId).string(bytes).framed());
    }

    /** Sends output of another kind; type 1 is stderr. */
    public void extended(int clientId, int type, byte... bytes) {
        send(to(Frame.EXTENDED_DATA, clientId).uint32(type).string(bytes).framed());
    }

    /** Widens the client's window. */
    public void adjust(int clientId, long bytes) {
        book.granted(clientId, bytes);
        send(to(Frame.WINDOW_ADJUST, clientId).uint32(bytes).framed());
    }

    /** Promises to send no more output. */
    public void eof(int clientId) {
        send(to(Frame.EOF, clientId).framed());
    }

    /** Closes the server's side of a channel. */
    public void close(int clientId) {
        send(to(Frame.CLOSE, clientId).framed());
    }

    /** Sends a request of the server. */
    public void request(int clientId, String name, boolean wantReply, byte... payload) {
        send(to(Frame.REQUEST, clientId).text(name).flag(wantReply).raw(payload).framed());
    }

    /** Tells that the command exited. */
    public void exitStatus(int clientId, long status) {
        send(to(Frame.REQUEST, clientId)
                .text("exit-status")
                .flag(false)
                .uint32(status)
                .framed());
    }

    /**
     * Tells that a signal killed the command.
     *
     * @param signal without {@code SIG}, such as {@code KILL}
     */
    public void exitSignal(int clientId, String signal, boolean coreDumped, String message) {
        send(to(Frame.REQUEST, clientId)
                .text("exit-signal")
                .flag(false)
                .text(signal)
                .flag(coreDumped)
                .text(message)
                .text("")
                .framed());
    }

    /** Closes the connection, as a dying master would. Harmless when repeated. */
    public void closeSocket() {
        connection.close();
    }

    /** Leaves what the client sends in the socket, until that is full and the client's writes block. */
    public void stopReading() {
        connection.reading(false);
    }

    /** Takes the client's bytes again. */
    public void resumeReading() {
        connection.reading(true);
    }

    /** The frame of that number, from 0; null if it does not come in time or the connection ends without it. */
    @Nullable Frame frameAt(int index, Duration atMost) {
        lock.lock();
        try {
            awaitChange(atMost, true, index);
            return frames.size() > index ? frames.get(index) : null;
        } finally {
            lock.unlock();
        }
    }

    ChannelBook book() {
        return book;
    }

    void received(Frame frame) {
        if (frame.type() == Frame.OPEN) {
            book.opened(frame);
        }
        lock.lock();
        try {
            frames.add(frame);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void ended() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void awaitChange(Duration atMost, boolean forFrame, int index) {
        long left = atMost.toNanos();
        while (!closed && !(forFrame && frames.size() > index) && left > 0) {
            try {
                left = changed.awaitNanos(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static WireBytes to(int type, int clientId) {
        return WireBytes.channel(type).uint32(clientId);
    }
}
