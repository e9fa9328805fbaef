package io.muxpool.internal.mux;

import io.muxpool.internal.mux.channel.Channel;
import io.muxpool.internal.mux.channel.ChannelHandler;
import io.muxpool.internal.mux.wire.ChannelRequest;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A channel that nobody uses yet: it waits for its command, and says nothing. Should the server close it (its
 * ChannelTimeout), another takes its place.
 */
final class Spare implements ChannelHandler {
    private final Consumer<Spare> ended;
    private final Consumer<Spare> closed;

    // Both guarded by the lock of the sessions it belongs to.
    @Nullable Channel channel;

    boolean over;
    boolean dismissed;

    /**
     * @param ended told when it is a channel no more, or never became one
     * @param closed told behind that when the server has closed it
     */
    Spare(Consumer<Spare> ended, Consumer<Spare> closed) {
        this.ended = ended;
        this.closed = closed;
    }

    @Override
    public void opened(Channel open) {}

    @Override
    public void refused(String reason) {
        ended.accept(this);
    }

    @Override
    public void data(boolean stderr, ByteBuffer payload) {
        // Nothing runs on it that could say a word. What comes is dropped, and its window is not given again.
    }

    @Override
    public void eof() {}

    @Override
    public void replied(boolean success) {}

    @Override
    public void told(ChannelRequest request) {}

    @Override
    public void writable() {}

    @Override
    public void closed() {
        ended.accept(this);
        closed.accept(this);
    }

    @Override
    public void lost(Throwable why) {
        ended.accept(this);
    }
}
