package io.muxpool.internal.mux.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a real master and server said is understood, each frame whole and none of it in part. */
final class GoldenTest {
    static List<Golden.Frame> frames() {
        return Golden.frames();
    }

    @ParameterizedTest
    @MethodSource("frames")
    void aFrameIsReadAndWrittenBackByteForByte(Golden.Frame frame) throws Exception {
        ByteBuffer in = ByteBuffer.wrap(frame.bytes());
        ByteBuffer body = Frames.next(in);
        assertThat(body).isEqualTo(ByteBuffer.wrap(frame.body()));
        assertThat(in.hasRemaining()).isFalse();
        assertThat(Golden.encode(frame.message())).isEqualTo(frame.bytes());
    }

    @ParameterizedTest
    @MethodSource("frames")
    void aPartOfAFrameIsIncompleteAndLeftInPlace(Golden.Frame frame) throws Exception {
        byte[] bytes = frame.bytes();
        for (int size = 0; size < bytes.length; size++) {
            ByteBuffer in = ByteBuffer.wrap(bytes, 0, size);
            assertThat(Frames.next(in)).isNull();
            assertThat(in.position()).isZero();
            assertThat(Frames.needed(in)).isEqualTo(size < 4 ? 4 - size : bytes.length - size);
        }
    }

    @ParameterizedTest
    @MethodSource("closed")
    void aPartOfABodyIsAnError(Golden.Frame frame) {
        byte[] body = frame.body();
        for (int size = 0; size < body.length; size++) {
            byte[] part = Arrays.copyOf(body, size);
            assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> frame.decode(part));
        }
    }

    @ParameterizedTest
    @MethodSource("closed")
    void moreThanABodyIsAnErrorUnlessItOpensAChannel(Golden.Frame frame) throws Exception {
        byte[] more = Arrays.copyOf(frame.body(), frame.body().length + 1);
        if (frame.message() instanceof ChannelMessage.OpenedByServer open) {
            assertThat(frame.decode(more)).isEqualTo(open);
        } else {
            assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> frame.decode(more));
        }
    }

    /** Those whose end is known: all but requests of a type that we do not know. */
    static List<Golden.Frame> closed() {
        return frames().stream()
                .filter(frame -> !(frame.message() instanceof ChannelMessage.Request request
                        && request.request() instanceof ChannelRequest.Unknown))
                .toList();
    }

    @Test
    void aPartOfARequestThatIsNotKnownIsAnErrorUpToItsPayload() throws Exception {
        for (Golden.Frame frame : frames()) {
            if (frame.message() instanceof ChannelMessage.Request request
                    && request.request() instanceof ChannelRequest.Unknown unknown) {
                byte[] body = frame.body();
                int known = body.length - unknown.payload().remaining();
                for (int size = 0; size < known; size++) {
                    byte[] part = Arrays.copyOf(body, size);
                    assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> frame.decode(part));
                }
                assertThat(frame.decode(Arrays.copyOf(body, known)))
                        .isEqualTo(new ChannelMessage.Request(
                                request.recipient(),
                                request.wantReply(),
                                new ChannelRequest.Unknown(unknown.name(), ByteBuffer.allocate(0))));
            }
        }
    }

    @Test
    void everyKindThatAServerSendsIsAmongThem() {
        assertThat(Golden.frames())
                .filteredOn(frame -> !frame.ours())
                .extracting(Golden.Frame::message)
                .extracting(GoldenTest::kind)
                .contains(
                        "Hello",
                        "ProxyOk",
                        "Ok",
                        "Alive",
                        "MuxMessage.Failure",
                        "OpenConfirmation",
                        "OpenFailure",
                        "WindowAdjust",
                        "Data",
                        "ExtendedData",
                        "Eof",
                        "Close",
                        "Success",
                        "ChannelMessage.Failure",
                        "ExitStatus",
                        "ExitSignal",
                        "EndOfWrite",
                        "Unknown");
    }

    private static String kind(Object message) {
        if (message instanceof ChannelMessage.Request request) {
            return request.request().getClass().getSimpleName();
        }
        Class<?> type = message.getClass();
        String name = type.getSimpleName();
        return name.equals("Failure") ? type.getDeclaringClass().getSimpleName() + "." + name : name;
    }

    @Test
    void framesThatCameTogetherAreTakenOneByOne() throws Exception {
        List<Golden.Frame> frames = Golden.frames();
        ByteBuffer stream = ByteBuffer.allocate(
                frames.stream().mapToInt(frame -> frame.bytes().length).sum());
        frames.forEach(frame -> stream.put(frame.bytes()));
        stream.flip();
        for (Golden.Frame frame : frames) {
            assertThat(Frames.next(stream)).isEqualTo(ByteBuffer.wrap(frame.body()));
        }
        assertThat(Frames.next(stream)).isNull();
    }
}
