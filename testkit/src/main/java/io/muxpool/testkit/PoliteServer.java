package io.muxpool.testkit;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Serves one client of a {@link FakeMaster} by a {@link Script}, on the thread that calls {@link #run()}. */
final class PoliteServer {

    /** Longer than any test; the end of the connection ends the wait sooner. */
    private static final Duration LONG = Duration.ofHours(1);

    private static final int PROHIBITED = 1;

    private final Attached client;
    private final Script script;

    /** By the frame that opened it: both sides' numbers may come again. */
    private final Map<Frame, PoliteChannel> channels = new HashMap<>();

    private final Set<Frame> closed = new HashSet<>();
    private int nextServerId = 1000;

    PoliteServer(Attached client, Script script) {
        this.client = client;
        this.script = script;
    }

    void run() {
        for (int i = 0; ; i++) {
            Frame frame = client.frameAt(i, LONG);
            if (frame == null) {
                return;
            }
            handle(frame);
        }
    }

    private void handle(Frame frame) {
        if (frame.type() == Frame.OPEN) {
            if (!script.handled(client, frame.clientId(), frame)) {
                open(frame);
            }
            return;
        }
        if (frame.type() < Frame.OPEN || frame.type() > Frame.FAILURE) {
            throw new AssertionError("No channel message: " + frame);
        }
        Frame open = openOf(frame);
        PoliteChannel channel = channels.computeIfAbsent(open, id -> new PoliteChannel(client, script, open));
        channel.count(frame);
        if (!script.handled(client, channel.clientId(), frame)) {
            channel.handle(frame);
        }
        if (frame.type() == Frame.CLOSE) {
            channels.remove(open);
            closed.add(open);
        }
    }

    private void open(Frame frame) {
        if (!frame.channelType().equals("session")) {
            client.refuse(frame.clientId(), PROHIBITED, "only sessions here");
            return;
        }
        client.confirm(frame.clientId(), nextServerId++, 0, PoliteChannel.MAX_PACKET);
    }

    /** Looks into the book, for a hook or the test may have confirmed the channel. */
    private Frame openOf(Frame frame) {
        Frame open = client.book()
                .openOf(frame.recipient())
                .orElseThrow(() -> new AssertionError("For no channel: " + frame));
        if (closed.contains(open)) {
            throw new AssertionError("After the client's own CLOSE: " + frame);
        }
        return open;
    }
}
