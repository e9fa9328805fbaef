package io.muxpool.internal.mux.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The layouts of PROTOCOL.mux, as bytes written by hand. */
final class MuxMessageTest {
    private static MuxMessage decode(String body) throws ProtocolException {
        return MuxMessage.decode(ByteBuffer.wrap(HexFormat.of().parseHex(body.replace(" ", ""))));
    }

    static Stream<Arguments> layouts() {
        return Stream.of(
                arguments(new MuxMessage.Hello(), "00000008 00000001 00000004"),
                arguments(
                        new MuxMessage.Hello(4, Map.of("info", "0")),
                        "00000015 00000001 00000004 00000004 696e666f 00000001 30"),
                arguments(new MuxMessage.AliveCheck(1), "00000008 10000004 00000001"),
                arguments(new MuxMessage.Terminate(-1), "00000008 10000005 ffffffff"),
                arguments(new MuxMessage.StopListening(2), "00000008 10000009 00000002"),
                arguments(new MuxMessage.Proxy(3), "00000008 1000000f 00000003"),
                arguments(new MuxMessage.Ok(4), "00000008 80000001 00000004"),
                arguments(new MuxMessage.PermissionDenied(5, "no"), "0000000e 80000002 00000005 00000002 6e6f"),
                arguments(new MuxMessage.Failure(6, ""), "0000000c 80000003 00000006 00000000"),
                arguments(new MuxMessage.Alive(7, 0x12345678), "0000000c 80000005 00000007 12345678"),
                arguments(new MuxMessage.ProxyOk(8), "00000008 8000000f 00000008"));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void everyMessageHasItsLayout(MuxMessage message, String frame) throws Exception {
        String bytes = frame.replace(" ", "");
        assertThat(HexFormat.of().formatHex(Golden.encode(message))).isEqualTo(bytes);
        assertThat(decode(bytes.substring(8))).isEqualTo(message);
    }

    @Test
    void extensionsThatNobodyKnowsAreTaken() throws Exception {
        assertThat(decode("00000001 00000004  00000001 61 00000002 ff00  00000000 00000000  00000001 61 00000001 62"))
                .isEqualTo(new MuxMessage.Hello(4, Map.of("a", "b", "", "")));
    }

    @Test
    void anExtensionWithoutAValueIsAnError() {
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> decode("00000001 00000004 00000001 61"))
                .withMessage("an extension's value needs 4 bytes, 0 are left");
    }

    @Test
    void aHelloOfAnotherVersionIsUnderstood() throws Exception {
        assertThat(decode("00000001 00000005")).isEqualTo(new MuxMessage.Hello(5, Map.of()));
    }

    @Test
    void anUnknownTypeIsNamed() {
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> decode("80000006 00000001 00000001"))
                .withMessage("a mux message of type 0x80000006");
    }

    @Test
    void moreThanAMessageIsAnError() {
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> decode("80000001 00000001 00"))
                .withMessage("1 bytes too many in the mux message Ok[request=1]");
    }
}
