package io.muxpool.stress.fuzz;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.testkit.FakeServer;
import io.muxpool.testkit.Frame;
import io.muxpool.testkit.Visitor;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a fake server and the masters that come to it say in one encounter. Channels are numbered in the order they are opened
 * in, whichever master opens them. Thread-safe: one lock, its own.
 */
final class Ledger implements FakeServer.Listener {
    /** Above all that a byte can say. */
    private static final int OWN_NUMBERS = 1000;

    /** A channel that no client opens for a server: what it is answered comes behind all that was said before. */
    private static final int PING = 0x70696e67;

    private static final byte[] PING_OPEN = bytes(new ChannelMessage.OpenedByServer("ping", PING, 0, 0));

    private static final Duration PING_EVERY = Duration.ofMillis(20);
    private static final long POLL_MILLIS = 2;

    // All guarded by this.
    private final List<Visitor> visitors = new ArrayList<>();
    private final Set<Visitor> answering = new HashSet<>();
    private final List<ServedChannel> channels = new ArrayList<>();
    private final List<Frame> heard = new ArrayList<>();
    private int next;
    private boolean closing;

    /** For another encounter. */
    synchronized void begin() {
        channels.clear();
        heard.clear();
        next = 0;
        closing = false;
    }

    // ---- from the server

    @Override
    public synchronized void came(Visitor visitor) {
        visitors.add(visitor);
    }

    @Override
    public synchronized void left(Visitor visitor) {
        visitors.remove(visitor);
        answering.remove(visitor);
        notifyAll();
    }

    @Override
    public synchronized void heard(Visitor visitor, Frame message) {
        if (message.type() == Frame.OPEN) {
            opened(new ServedChannel(visitor, message.clientId()), message);
        } else if (message.type() == Frame.OPEN_FAILURE && message.recipient() == PING) {
            answering.add(visitor);
        } else if (message.isRequest("env")) {
            refuse(visitor, message);
        } else if (message.type() > Frame.OPEN_FAILURE && message.type() <= Frame.FAILURE) {
            heard(message, visitor);
        }
        notifyAll();
    }

    /** A client's question whether it may send a variable is about the server, not about a command: no play answers it. */
    private void refuse(Visitor visitor, Frame question) {
        if (question.wantReply()) {
            channels.stream()
                    .filter(channel -> channel.is(visitor, question.recipient()))
                    .findFirst()
                    .map(channel -> frame(bytes(new ChannelMessage.Failure(channel.number()))))
                    .ifPresent(refusal -> visitor.say(refusal.type(), refusal.payload()));
        }
    }

    private void opened(ServedChannel channel, Frame message) {
        channels.add(channel);
        heard.add(message);
        if (closing) {
            channel.farewell(OWN_NUMBERS + channels.size()).forEach(said -> say(channel.visitor(), bytes(said)));
        }
    }

    private void heard(Frame message, Visitor visitor) {
        heard.add(message);
        channels.stream()
                .filter(channel -> channel.is(visitor, message.recipient()))
                .findFirst()
                .ifPresent(channel -> channel.heard(message));
    }

    // ---- from the play

    /** The client's number of a channel; the same where there is none. */
    synchronized int number(int channel) {
        return channel < channels.size() ? channels.get(channel).number() : channel;
    }

    /**
     * Says a message to the master it concerns, or to the newest; to none if there is none.
     *
     * @param bytes framed as in proxy mode
     */
    synchronized void say(byte[] bytes) {
        Frame message = frame(bytes);
        @Nullable Visitor to = visitors.isEmpty() ? null : visitors.get(visitors.size() - 1);
        for (ServedChannel channel : channels) {
            if (isFor(channel, message)) {
                to = channel.visitor();
            }
        }
        if (to != null) {
            say(to, bytes);
        }
    }

    private static boolean isFor(ServedChannel channel, Frame message) {
        return message.type() > Frame.OPEN
                && message.type() <= Frame.FAILURE
                && message.payload().length >= 4
                && message.recipient() == channel.number();
    }

    /** Written down before it is said: whoever hears of it finds it here. */
    private void say(Visitor visitor, byte[] bytes) {
        Frame message = frame(bytes);
        ServedChannel latest = null;
        for (ServedChannel channel : channels) {
            if (channel.visitor() == visitor && isFor(channel, message)) {
                latest = channel;
            }
        }
        if (latest != null) {
            try {
                latest.said(message);
            } catch (AssertionError e) {
                // Too short to say anything.
            }
        }
        try {
            visitor.say(message.type(), message.payload());
        } catch (UncheckedIOException e) {
            // It has gone.
        }
    }

    private static byte[] bytes(ChannelMessage message) {
        ByteBuffer out = ByteBuffer.allocate(message.frameSize());
        message.encode(out);
        return out.array();
    }

    private static Frame frame(byte[] bytes) {
        byte[] payload = new byte[bytes.length - 6];
        System.arraycopy(bytes, 6, payload, 0, payload.length);
        return Frame.of(Byte.toUnsignedInt(bytes[5]), payload);
    }

    /** The next message of any master. */
    synchronized Frame await(Duration atMost, BooleanSupplier over) {
        if (!await(() -> heard.size() > next || over.getAsBoolean(), atMost) || heard.size() <= next) {
            throw new AssertionError("nothing was said");
        }
        return heard.get(next++);
    }

    /** The masters that are there; from now on, they are as good as gone. */
    synchronized List<Visitor> dismiss() {
        List<Visitor> all = List.copyOf(visitors);
        visitors.clear();
        return all;
    }

    /** Closes what is open, and what is opened from now on. */
    synchronized void closeAll() {
        closing = true;
        for (int i = 0; i < channels.size(); i++) {
            ServedChannel channel = channels.get(i);
            channel.farewell(OWN_NUMBERS + i).forEach(said -> say(channel.visitor(), bytes(said)));
        }
    }

    // ---- afterwards

    synchronized List<ServedChannel> channels() {
        return List.copyOf(channels);
    }

    synchronized int visitors() {
        return visitors.size();
    }

    /**
     * Whether all masters have taken in what was said, and closed every channel. They are asked more than once: a channel
     * whose client has just gone is closed by a master when something next wakes it.
     */
    synchronized boolean settled(Duration atMost) {
        answering.clear();
        long start = System.nanoTime();
        do {
            for (Visitor visitor : visitors) {
                say(visitor, PING_OPEN);
            }
            if (await(this::isSettled, PING_EVERY)) {
                return true;
            }
        } while (System.nanoTime() - start < atMost.toNanos());
        return false;
    }

    private boolean isSettled() {
        return answering.containsAll(visitors)
                && channels.stream().allMatch(channel -> channel.over() || !visitors.contains(channel.visitor()));
    }

    private boolean await(BooleanSupplier condition, Duration atMost) {
        long start = System.nanoTime();
        try {
            while (!condition.getAsBoolean()) {
                if (System.nanoTime() - start > atMost.toNanos()) {
                    return false;
                }
                wait(POLL_MILLIS);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public synchronized String toString() {
        return visitors.size() + " masters, " + answering.size() + " answering; " + channels;
    }
}
