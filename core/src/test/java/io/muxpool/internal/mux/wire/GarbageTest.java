package io.muxpool.internal.mux.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever comes is a message or a {@link ProtocolException}, and costs no more than its own size. */
final class GarbageTest {
    private static final int ROUNDS = 100_000;

    /** True when it was a message; that must then be fit to be written. */
    private static boolean isMessage(boolean proxied, byte[] body) {
        Object message;
        try {
            message = new Golden.Frame(proxied, false, new byte[4]).decode(body);
        } catch (ProtocolException e) {
            return false;
        }
        assertThat(Golden.encode(message)).isNotEmpty();
        return true;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void randomBytesAreAMessageOrAnError(long seed) {
        Random random = new Random(seed);
        int messages = 0;
        for (int i = 0; i < ROUNDS; i++) {
            byte[] body = new byte[random.nextInt(64)];
            random.nextBytes(body);
            boolean proxied = random.nextBoolean();
            if (proxied && body.length > 1) {
                // With a random start hardly one would come past the type.
                body[0] = 0;
                body[1] = (byte) (88 + random.nextInt(14));
            }
            messages += isMessage(proxied, body) ? 1 : 0;
        }
        assertThat(messages).isBetween(1, ROUNDS - 1);
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 4})
    void realMessagesWithRandomChangesAreAMessageOrAnError(long seed) {
        Random random = new Random(seed);
        List<Golden.Frame> frames = Golden.frames();
        int messages = 0;
        for (int i = 0; i < ROUNDS; i++) {
            Golden.Frame frame = frames.get(random.nextInt(frames.size()));
            byte[] body = frame.body();
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                byte value = random.nextBoolean() ? (byte) random.nextInt(4) : (byte) random.nextInt(256);
                body[random.nextInt(body.length)] = value;
            }
            messages += isMessage(frame.proxied(), body) ? 1 : 0;
        }
        assertThat(messages).isBetween(ROUNDS / 10, ROUNDS - ROUNDS / 10);
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 6})
    void aRandomStreamGivesFramesUntilItEndsOrIsAnError(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < ROUNDS; i++) {
            byte[] bytes = new byte[random.nextInt(48)];
            for (int at = 0; at < bytes.length; at++) {
                bytes[at] = (byte) (random.nextInt(4) > 0 ? 0 : random.nextInt(8));
            }
            ByteBuffer in = ByteBuffer.wrap(bytes);
            try {
                ByteBuffer body = Frames.next(in);
                while (body != null) {
                    assertThat(body.remaining()).isBetween(2, bytes.length - 4);
                    body = Frames.next(in);
                }
                assertThat(Frames.needed(in)).isBetween(1, 4 + Frames.MAX_BODY);
            } catch (ProtocolException e) {
                assertThat(in.remaining()).isGreaterThanOrEqualTo(4);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "80000003 00000001 LENGTH",
                "00000001 00000004 LENGTH",
                "005a LENGTH",
                "005c 00000001 00000001 LENGTH",
                "005e 00000001 LENGTH",
                "005f 00000001 00000001 LENGTH",
                "0062 00000001 LENGTH",
                "0062 00000001 0000000b 657869742d7369676e616c 00 LENGTH"
            })
    void aClaimedLengthAllocatesNothing(String layout) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (String length : List.of("ffffffff", "7fffffff", "80000000", "10000000")) {
            String hex = (layout.replace("LENGTH", length) + "61626364").replace(" ", "");
            byte[] body = HexFormat.of().parseHex(hex);
            boolean proxied = hex.startsWith("00") && !hex.startsWith("00000001");
            Golden.Frame frame = new Golden.Frame(proxied, false, new byte[4]);
            long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
            ProtocolException error = error(frame, body);
            long after = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
            assertThat(error).hasMessageContaining(" needs " + Long.parseLong(length, 16) + " bytes, 4 are left");
            assertThat(after - before).isLessThan(1 << 20);
        }
    }

    private static ProtocolException error(Golden.Frame frame, byte[] body) {
        try {
            throw new AssertionError(frame.decode(body));
        } catch (ProtocolException e) {
            return e;
        }
    }

    @Test
    void aClaimedFrameIsRefusedBeforeAnyoneMakesRoomForIt() {
        ByteBuffer in = ByteBuffer.allocate(4).putInt(-1).flip();
        assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> Frames.needed(in));
    }
}
