package io.muxpool.internal.mux.channel;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.Frames;
import io.muxpool.internal.mux.wire.ProtocolException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.util.ArrayList;
import java.util.List;

/** A master's socket in memory: it takes everything, says nothing, and knows what it was told. */
final class SilentMaster implements ByteChannel {
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();

    @Override
    public int write(ByteBuffer from) {
        byte[] bytes = new byte[from.remaining()];
        from.get(bytes);
        taken.writeBytes(bytes);
        return bytes.length;
    }

    /** All messages so far, in order. */
    List<ChannelMessage> told() {
        ByteBuffer in = ByteBuffer.wrap(taken.toByteArray());
        List<ChannelMessage> messages = new ArrayList<>();
        try {
            for (ByteBuffer frame; (frame = Frames.next(in)) != null; ) {
                messages.add(ChannelMessage.decode(frame));
            }
        } catch (ProtocolException e) {
            throw new AssertionError("a torn frame", e);
        }
        return messages;
    }

    @Override
    public int read(ByteBuffer to) {
        return 0;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
