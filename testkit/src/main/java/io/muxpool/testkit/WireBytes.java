package io.muxpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Bytes in SSH's encoding (RFC 4251, section 5), put together field by field. */
final class WireBytes {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private WireBytes() {}

    /** The start of a multiplexing message. */
    static WireBytes mux(int type) {
        return new WireBytes().uint32(type);
    }

    /** The start of a channel message in proxy mode: no padding, and the type. */
    static WireBytes channel(int type) {
        return new WireBytes().uint8(0).uint8(type);
    }

    WireBytes uint8(int value) {
        bytes.write(value);
        return this;
    }

    WireBytes flag(boolean value) {
        return uint8(value ? 1 : 0);
    }

    /** The low 32 bits of the value. */
    WireBytes uint32(long value) {
        return raw(ByteBuffer.allocate(4).putInt((int) value).array());
    }

    WireBytes text(String value) {
        return string(value.getBytes(UTF_8));
    }

    WireBytes string(byte[] value) {
        return uint32(value.length).raw(value);
    }

    WireBytes raw(byte[] value) {
        bytes.writeBytes(value);
        return this;
    }

    /** All of it after its length. */
    byte[] framed() {
        return ByteBuffer.allocate(4 + bytes.size())
                .putInt(bytes.size())
                .put(bytes.toByteArray())
                .array();
    }
}
