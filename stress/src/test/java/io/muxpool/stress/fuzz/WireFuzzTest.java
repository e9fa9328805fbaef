package io.muxpool.stress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.Frames;
import io.muxpool.internal.mux.wire.MuxMessage;
import io.muxpool.internal.mux.wire.ProtocolException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;

/** Whatever comes is messages or a {@link ProtocolException}, costs no more than its size, and is written as it was read. */
class WireFuzzTest {
    private static final int HEADER = 4;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** What any message may cost, Jazzer's watching included. */
    private static final long ALLOWANCE = 1 << 20;

    /** Entries of a hello are the dearest: eight bytes become two texts in two maps. */
    private static final long ALLOWANCE_PER_BYTE = 256;

    @FunctionalInterface
    private interface Decoder {
        Object decode(ByteBuffer body) throws ProtocolException;
    }

    @FuzzTest
    void bytesAreMessagesOrAnErrorAndAreWrittenAsTheyWereRead(byte[] bytes) {
        readBody(bytes, MuxMessage::decode);
        readBody(bytes, ChannelMessage::decode);
        readStream(bytes);
    }

    private static void readStream(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int used = 0;
        try {
            for (ByteBuffer body; (body = Frames.next(in)) != null; ) {
                assertThat(body.remaining()).isBetween(2, Frames.MAX_BODY);
                used += HEADER + body.remaining();
                assertThat(in.position()).isEqualTo(used);
                byte[] copy = new byte[body.remaining()];
                body.get(copy);
                readBody(copy, MuxMessage::decode);
                readBody(copy, ChannelMessage::decode);
            }
            assertThat(Frames.needed(in)).isBetween(1, HEADER + Frames.MAX_BODY);
        } catch (ProtocolException e) {
            assertThat(in.remaining()).as("known by the length").isGreaterThanOrEqualTo(HEADER);
        }
        assertThat(in.position()).as("what is left is left as it was").isEqualTo(used);
    }

    private static void readBody(byte[] body, Decoder decoder) {
        requireCheap(body, decoder);
        Object message;
        try {
            message = decoder.decode(ByteBuffer.wrap(body));
        } catch (ProtocolException e) {
            return;
        }
        ByteBuffer again = encoded(message);
        assertThat(decodedAgain(again.duplicate(), decoder)).isEqualTo(message);
        int kept = message instanceof MuxMessage mux
                ? Kept.of(mux, again.remaining(), body.length)
                : Kept.of((ChannelMessage) message, again.remaining());
        for (int i = 0; i < kept; i++) {
            boolean truth = message instanceof ChannelMessage.Request && again.get(i) == 1 && body[i] != 0;
            assertThat(truth || again.get(i) == body[i])
                    .as("byte %d of %s", i, message)
                    .isTrue();
        }
    }

    /** A second time, if need be: the first one may have loaded classes. */
    private static void requireCheap(byte[] body, Decoder decoder) {
        long most = ALLOWANCE + ALLOWANCE_PER_BYTE * body.length;
        if (cost(body, decoder) > most) {
            assertThat(cost(body, decoder)).as("bytes allocated").isLessThanOrEqualTo(most);
        }
    }

    private static long cost(byte[] body, Decoder decoder) {
        long thread = Thread.currentThread().getId();
        long before = THREADS.getThreadAllocatedBytes(thread);
        try {
            decoder.decode(ByteBuffer.wrap(body));
        } catch (ProtocolException e) {
            // It costs something, too.
        }
        return THREADS.getThreadAllocatedBytes(thread) - before;
    }

    /** The body. */
    private static ByteBuffer encoded(Object message) {
        ByteBuffer out;
        if (message instanceof MuxMessage mux) {
            out = ByteBuffer.allocate(mux.frameSize());
            mux.encode(out);
        } else {
            ChannelMessage channel = (ChannelMessage) message;
            out = ByteBuffer.allocate(channel.frameSize());
            channel.encode(out);
        }
        assertThat(out.hasRemaining()).as("shorter than it said").isFalse();
        int size = out.capacity() - HEADER;
        assertThat(out.getInt(0)).as("its length").isEqualTo(size);
        return out.slice(HEADER, size);
    }

    private static Object decodedAgain(ByteBuffer body, Decoder decoder) {
        try {
            return decoder.decode(body);
        } catch (ProtocolException e) {
            throw new AssertionError("what was written cannot be read", e);
        }
    }
}
