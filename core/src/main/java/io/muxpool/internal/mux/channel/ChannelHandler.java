package io.muxpool.internal.mux.channel;

import io.muxpool.internal.mux.wire.ChannelRequest;
import java.nio.ByteBuffer;

/**
 * Whoever a channel's news are for. Called on the loop's thread, one call at a time, without any lock: it must not block,
 * and must copy what it keeps of a payload.
 */
public interface ChannelHandler {
    /** The server has confirmed the channel. */
    void opened(Channel channel);

    /** The server has refused it: nothing of it exists. The last call. */
    void refused(String reason);

    /** Bytes of standard output, or of standard error. To be {@link Channel#taken taken} sooner or later. */
    void data(boolean stderr, ByteBuffer payload);

    /** No more output will come. */
    void eof();

    /** The answer to the oldest request that wanted one. */
    void replied(boolean success);

    /** A message about the command: its exit, or that it reads no more. */
    void told(ChannelRequest request);

    /** More may be sent. */
    void writable();

    /** The server has closed the channel; its session is free. The last call. */
    void closed();

    /** The master is gone, and everything with it. The last call. */
    void lost(Throwable why);
}
