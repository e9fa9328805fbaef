package io.muxpool.internal.mux.channel;

import io.muxpool.internal.mux.wire.ChannelRequest;
import io.muxpool.internal.sweep.Marking;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what a channel's handler is told of its beginning and its end; nothing else matters to it. */
final class Listener implements ChannelHandler, Attachment.Watcher {
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();

    /** How often it was told of a beginning, and of an end: a digit each. */
    String heard() {
        return begun.get() + "" + ended.get();
    }

    @Override
    public void opened(Channel channel) {
        begun.incrementAndGet();
    }

    @Override
    public void closed() {
        ended.incrementAndGet();
    }

    @Override
    public void refused(String reason) {
        ended.incrementAndGet();
    }

    @Override
    public void lost(Throwable why) {
        ended.incrementAndGet();
    }

    @Override
    public void data(boolean stderr, ByteBuffer payload) {}

    @Override
    public void eof() {}

    @Override
    public void replied(boolean success) {}

    @Override
    public void told(ChannelRequest request) {}

    @Override
    public void writable() {}

    @Override
    public void opened(ChannelHandler by, long nanos, long window) {}

    @Override
    public void refused(int sessions) {}

    @Override
    public void roomier() {}

    @Override
    public void windowChanged(int before, int after) {}

    @Override
    public void markingKnown(Marking marking) {}
}
