package io.muxpool.testkit;

import java.util.Arrays;

/**
 * One session of a {@link PoliteServer}. It follows both windows: the client's, so as to send only what it has room for,
 * and its own, so as to notice who sends too much.
 */
final class PoliteChannel {

    static final int MAX_PACKET = 32_768;
    private static final long WINDOW = 2 * 1024 * 1024;
    private static final int STDERR = 1;

    private final Attached client;
    private final Script script;
    private final int clientId;
    private final long maxPacket;
    private long room;
    private long received;
    private int sentOut;
    private int sentErr;
    private boolean running;
    private boolean used;
    private boolean closed;

    PoliteChannel(Attached client, Script script, Frame open) {
        this.client = client;
        this.script = script;
        this.clientId = open.clientId();
        this.maxPacket = Math.min(open.maxPacket(), MAX_PACKET);
        this.room = open.window();
    }

    int clientId() {
        return clientId;
    }

    /** Keeps the books, whatever a hook makes of the frame. */
    void count(Frame frame) {
        if (frame.type() == Frame.DATA) {
            int length = frame.data().length;
            received += length;
            long over = received - client.book().grantedTo(clientId);
            if (over > 0 || length > MAX_PACKET) {
                throw new AssertionError(
                        "A packet of %d bytes, %d past the window".formatted(length, Math.max(0, over)));
            }
        } else if (frame.type() == Frame.WINDOW_ADJUST) {
            room += frame.adjustment();
        }
    }

    void handle(Frame frame) {
        switch (frame.type()) {
            case Frame.REQUEST -> request(frame);
            case Frame.WINDOW_ADJUST -> sendOutput();
            case Frame.DATA -> grant(frame.data().length);
            case Frame.CLOSE -> close();
            default -> {
                // EOF, and answers to what a hook asked for.
            }
        }
    }

    private void request(Frame frame) {
        switch (frame.requestName()) {
            case "env" -> reply(frame, true);
            case "exec" -> {
                boolean first = !used;
                used = true;
                if (first) {
                    grant(WINDOW);
                }
                reply(frame, first);
                if (first) {
                    running = true;
                    sendOutput();
                }
            }
            case "signal" -> {
                reply(frame, running);
                if (running) {
                    dieOf(frame.requestFields().text());
                }
            }
            default -> reply(frame, false);
        }
    }

    private void reply(Frame request, boolean success) {
        if (closed || !request.wantReply()) {
            return;
        }
        if (success) {
            client.success(clientId);
        } else {
            client.failure(clientId);
        }
    }

    private void grant(long bytes) {
        if (!closed) {
            client.adjust(clientId, bytes);
        }
    }

    private void sendOutput() {
        if (!running) {
            return;
        }
        while (room > 0 && sentOut < script.stdout().length) {
            byte[] chunk = chunk(script.stdout(), sentOut);
            client.data(clientId, chunk);
            sentOut += chunk.length;
        }
        while (room > 0 && sentOut == script.stdout().length && sentErr < script.stderr().length) {
            byte[] chunk = chunk(script.stderr(), sentErr);
            client.extended(clientId, STDERR, chunk);
            sentErr += chunk.length;
        }
        boolean allSent = sentOut == script.stdout().length && sentErr == script.stderr().length;
        String signal = script.signal();
        if (!allSent || script.endless()) {
            return;
        }
        if (signal != null) {
            dieOf(signal);
        } else {
            running = false;
            client.exitStatus(clientId, script.status());
            end();
        }
    }

    private byte[] chunk(byte[] all, int from) {
        int length = (int) Math.min(Math.min(room, maxPacket), all.length - from);
        room -= length;
        return Arrays.copyOfRange(all, from, from + length);
    }

    private void dieOf(String signal) {
        running = false;
        client.exitSignal(clientId, signal, false, "");
        end();
    }

    private void end() {
        client.eof(clientId);
        close();
    }

    private void close() {
        running = false;
        if (!closed) {
            closed = true;
            client.close(clientId);
        }
    }
}
