package io.muxpool.internal.mux.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a frame ends, and which lengths cannot be. */
final class FramesTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, Frames.MAX_BODY + 1, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
    void aLengthThatCannotBeIsAnErrorBeforeTheBodyHasCome(int length) {
        ByteBuffer in = ByteBuffer.allocate(4).putInt(length).flip();
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> Frames.next(in))
                .withMessage("a frame of " + Integer.toUnsignedString(length) + " bytes");
        assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> Frames.needed(in));
        assertThat(in.position()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, Frames.MAX_BODY})
    void aLengthThatCanBeIsAwaited(int length) throws Exception {
        ByteBuffer in = ByteBuffer.allocate(4 + length).putInt(length).flip();
        assertThat(Frames.next(in)).isNull();
        assertThat(Frames.needed(in)).isEqualTo(length);
        in.limit(4 + length);
        assertThat(Frames.needed(in)).isZero();
        assertThat(Frames.next(in)).isNotNull().satisfies(body -> {
            assertThat(body.remaining()).isEqualTo(length);
            assertThat(body.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
        });
        assertThat(in.position()).isEqualTo(4 + length);
    }

    @Test
    void aBodySharesTheMemoryOfTheStreamAndKnowsOnlyItsOwn() throws Exception {
        ByteBuffer in = ByteBuffer.allocateDirect(20)
                .putShort((short) 7)
                .putInt(3)
                .put(new byte[] {1, 2, 3, 4})
                .flip()
                .position(2);
        ByteBuffer body = Frames.next(in);
        assertThat(body).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        assertThat(in.position()).isEqualTo(9);
        in.put(6, (byte) 99);
        assertThat(body).isEqualTo(ByteBuffer.wrap(new byte[] {99, 2, 3}));
    }

    @Test
    void aMessageThatNoMasterWouldTakeIsNotWritten() {
        ChannelMessage fits = new ChannelMessage.Data(1, ByteBuffer.allocate(Frames.MAX_BODY - 10));
        ByteBuffer out = ByteBuffer.allocate(2 * Frames.MAX_BODY);
        fits.encode(out);
        assertThat(out.position()).isEqualTo(fits.frameSize()).isEqualTo(4 + Frames.MAX_BODY);
        out.clear();
        ChannelMessage tooLong = new ChannelMessage.Data(1, ByteBuffer.allocate(Frames.MAX_BODY - 9));
        assertThatIllegalArgumentException().isThrownBy(() -> tooLong.encode(out));
        assertThat(out.position()).isZero();
    }
}
