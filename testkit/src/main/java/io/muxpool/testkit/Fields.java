package io.muxpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * Reads the fields of a message one after the other, in SSH's encoding (RFC 4251, section 5). Every read fails with an
 * {@link AssertionError} where the message is too short. Not thread-safe.
 */
public final class Fields {

    private final ByteBuffer in;
    private final String message;

    Fields(byte[] payload, String message) {
        this.in = ByteBuffer.wrap(payload);
        this.message = message;
    }

    /** The next byte, 0 to 255. */
    public int uint8() {
        return need(1).get() & 0xff;
    }

    /** The next byte as a boolean: anything but 0 is true. */
    public boolean flag() {
        return uint8() != 0;
    }

    /** The next number, 0 to 2^32-1. */
    public long uint32() {
        return need(4).getInt() & 0xffffffffL;
    }

    /** The next number as the number of a channel: the same 32 bits. */
    public int channelNumber() {
        return (int) uint32();
    }

    /** The next string as bytes. */
    public byte[] string() {
        long length = uint32();
        return take((int) Math.min(length, Integer.MAX_VALUE));
    }

    /** The next string as UTF-8 text. */
    public String text() {
        return new String(string(), UTF_8);
    }

    /** Everything that was not read yet. */
    public byte[] rest() {
        return take(in.remaining());
    }

    /** Whether everything was read. */
    public boolean atEnd() {
        return !in.hasRemaining();
    }

    private byte[] take(int length) {
        need(length);
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private ByteBuffer need(int length) {
        if (in.remaining() < length) {
            throw new AssertionError(
                    "A field of %d bytes at %d runs past the end of %s".formatted(length, in.position(), message));
        }
        return in;
    }
}
