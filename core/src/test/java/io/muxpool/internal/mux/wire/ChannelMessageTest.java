package io.muxpool.internal.mux.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The layouts of RFC 4254, as bytes written by hand. */
final class ChannelMessageTest {
    private static final long UINT32_MAX = 0xffff_ffffL;

    private static ChannelMessage decode(String body) throws ProtocolException {
        return ChannelMessage.decode(ByteBuffer.wrap(HexFormat.of().parseHex(body.replace(" ", ""))));
    }

    private static ByteBuffer bytes(int... bytes) {
        ByteBuffer out = ByteBuffer.allocate(bytes.length);
        for (int b : bytes) {
            out.put((byte) b);
        }
        return out.flip();
    }

    private static ChannelMessage request(ChannelRequest request) {
        return new ChannelMessage.Request(9, true, request);
    }

    static Stream<Arguments> layouts() {
        return Stream.of(
                arguments(
                        new ChannelMessage.OpenedByServer("x11", 1, UINT32_MAX, 3),
                        "00000015 00 5a 00000003 783131 00000001 ffffffff 00000003"),
                arguments(
                        new ChannelMessage.OpenConfirmation(1, -2, UINT32_MAX, 0x8000_0000L),
                        "00000012 00 5b 00000001 fffffffe ffffffff 80000000"),
                arguments(
                        new ChannelMessage.OpenFailure(1, 2, "no"),
                        "00000014 00 5c 00000001 00000002 00000002 6e6f 00000000"),
                arguments(new ChannelMessage.WindowAdjust(1, UINT32_MAX), "0000000a 00 5d 00000001 ffffffff"),
                arguments(new ChannelMessage.Data(1, bytes(0, 0xff)), "0000000c 00 5e 00000001 00000002 00ff"),
                arguments(new ChannelMessage.Data(1, bytes()), "0000000a 00 5e 00000001 00000000"),
                arguments(
                        new ChannelMessage.ExtendedData(1, 1, bytes(7)),
                        "0000000f 00 5f 00000001 00000001 00000001 07"),
                arguments(new ChannelMessage.Eof(-1), "00000006 00 60 ffffffff"),
                arguments(new ChannelMessage.Close(1), "00000006 00 61 00000001"),
                arguments(
                        request(new ChannelRequest.Env("A", "b")),
                        "00000018 00 62 00000009 00000003 656e76 01 00000001 41 00000001 62"),
                arguments(
                        request(new ChannelRequest.Exec("\u00fc")),
                        "00000015 00 62 00000009 00000004 65786563 01 00000002 c3bc"),
                arguments(
                        request(new ChannelRequest.Subsystem("sftp")),
                        "0000001c 00 62 00000009 00000009 73756273797374656d 01 00000004 73667470"),
                arguments(
                        request(new ChannelRequest.PtyReq("vt", 80, 24)),
                        "0000002d 00 62 00000009 00000007 7074792d726571 01 00000002 7674"
                                + " 00000050 00000018 00000000 00000000 00000001 00"),
                arguments(
                        new ChannelMessage.Request(9, false, new ChannelRequest.WindowChange(132, 50)),
                        "00000028 00 62 00000009 0000000d 77696e646f772d6368616e6765 00"
                                + " 00000084 00000032 00000000 00000000"),
                arguments(
                        request(new ChannelRequest.Signal("KILL")),
                        "00000019 00 62 00000009 00000006 7369676e616c 01 00000004 4b494c4c"),
                arguments(
                        new ChannelMessage.Request(9, false, new ChannelRequest.ExitStatus(UINT32_MAX)),
                        "0000001a 00 62 00000009 0000000b 657869742d737461747573 00 ffffffff"),
                arguments(
                        new ChannelMessage.Request(9, false, new ChannelRequest.ExitSignal("HUP", true, "m", "en")),
                        "00000029 00 62 00000009 0000000b 657869742d7369676e616c 00"
                                + " 00000003 485550 01 00000001 6d 00000002 656e"),
                arguments(
                        new ChannelMessage.Request(9, false, new ChannelRequest.EndOfWrite()),
                        "0000001a 00 62 00000009 0000000f 656f77406f70656e7373682e636f6d 00"),
                arguments(
                        request(new ChannelRequest.Unknown("k@x", bytes(1, 2, 3))),
                        "00000011 00 62 00000009 00000003 6b4078 01 010203"),
                arguments(new ChannelMessage.Success(1), "00000006 00 63 00000001"),
                arguments(new ChannelMessage.Failure(1), "00000006 00 64 00000001"));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void everyMessageHasItsLayout(ChannelMessage message, String frame) throws Exception {
        String bytes = frame.replace(" ", "");
        assertThat(HexFormat.of().formatHex(Golden.encode(message))).isEqualTo(bytes);
        assertThat(decode(bytes.substring(8))).isEqualTo(message);
    }

    @Test
    void whatWeOpenIsASession() throws Exception {
        ChannelMessage open = new ChannelMessage.Open(1, -1, 0x8000);
        assertThat(HexFormat.of().formatHex(Golden.encode(open)))
                .isEqualTo("00000019005a0000000773657373696f6e00000001ffffffff00008000");
    }

    @Test
    void whatAServerOpensIsReadWithoutWhatDependsOnItsType() throws Exception {
        assertThat(decode("00 5a 00000003 783131 00000001 00000002 00000003 00000009 3132372e302e302e31 00001770"))
                .isEqualTo(new ChannelMessage.OpenedByServer("x11", 1, 2, 3));
        assertThat(decode("00 5a 00000007 73657373696f6e 00000001 00000002 00000003"))
                .isEqualTo(new ChannelMessage.OpenedByServer("session", 1, 2, 3));
    }

    @Test
    void everyTypeBetween90And100IsReadAndNoOther() throws Exception {
        IntStream.range(0, 256)
                .filter(type -> type < 90 || type > 100)
                .forEach(type -> assertThatExceptionOfType(ProtocolException.class)
                        .isThrownBy(() ->
                                ChannelMessage.decode(ByteBuffer.allocate(99).put(1, (byte) type)))
                        .withMessage("a message of type " + type + ", which concerns no channel"));
    }

    @Test
    void paddingIsAnError() {
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> decode("04 60 00000001 00000000"))
                .withMessage("a message of type 96 with a padding of 4 bytes");
    }

    @Test
    void aPayloadIsPartOfTheBodyAndStaysWhereItIsWhenWritten() throws Exception {
        ByteBuffer body = ByteBuffer.wrap(HexFormat.of().parseHex("005e00000001000000020102"));
        ChannelMessage.Data data = (ChannelMessage.Data) ChannelMessage.decode(body);
        body.put(10, (byte) 77);
        assertThat(data.payload()).isEqualTo(bytes(77, 2));
        data.payload().get();
        byte[] first = Golden.encode(data);
        assertThat(HexFormat.of().formatHex(first)).isEqualTo("0000000b005e000000010000000102");
        assertThat(Golden.encode(data)).isEqualTo(first);
    }

    @Test
    void anythingButZeroIsTrue() throws Exception {
        assertThat(decode("00 62 00000009 00000001 61 ff"))
                .isEqualTo(request(new ChannelRequest.Unknown("a", bytes())));
    }

    @Test
    void whatIsNotUtf8IsReplaced() throws Exception {
        assertThat(decode("00 5c 00000001 00000002 00000003 61ff62 00000000"))
                .isEqualTo(new ChannelMessage.OpenFailure(1, 2, "a\ufffdb"));
    }

    @Test
    void pixelsAndModesOfOthersArePassedOver() throws Exception {
        assertThat(decode("00 62 00000009 00000007 7074792d726571 01 00000000"
                        + " 00000001 00000002 00000003 00000004 00000006 800000960000"))
                .isEqualTo(request(new ChannelRequest.PtyReq("", 1, 2)));
    }

    @Test
    void bytesBehindARequestAreAnErrorThatNamesItsType() {
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> decode("00 62 00000009 00000006 7369676e616c 01 00000004 4b494c4c 00"))
                .withMessage("1 bytes too many in a request of type signal");
    }

    @Test
    void aNumberThatIsNoUint32IsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ChannelMessage.WindowAdjust(1, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ChannelMessage.WindowAdjust(1, UINT32_MAX + 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ChannelRequest.ExitStatus(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ChannelMessage.OpenConfirmation(1, 2, -1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new ChannelMessage.OpenConfirmation(1, 2, 0, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ChannelMessage.OpenedByServer("", 2, -1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new ChannelMessage.OpenedByServer("", 2, 0, -1));
    }
}
