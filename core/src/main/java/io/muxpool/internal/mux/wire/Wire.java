package io.muxpool.internal.mux.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * The data types of RFC 4251, section 5. Every read checks that what it needs is there, before anything of that size is
 * made.
 *
 * <pre>
 *   boolean | byte: 0 is false, all else true |
 *   uint32  | 4 bytes, the highest first      |
 *   string  | uint32 length | length bytes    |
 * </pre>
 */
final class Wire {
    private static final long UINT32_MAX = 0xffff_ffffL;

    private Wire() {}

    /** A uint32 as its 32 bits. */
    static int getBits(ByteBuffer in, String what) throws ProtocolException {
        require(in, Integer.BYTES, what);
        return in.getInt();
    }

    /** A uint32 as the number it is. */
    static long getUint32(ByteBuffer in, String what) throws ProtocolException {
        return Integer.toUnsignedLong(getBits(in, what));
    }

    static int getByte(ByteBuffer in, String what) throws ProtocolException {
        require(in, Byte.BYTES, what);
        return Byte.toUnsignedInt(in.get());
    }

    static boolean getBoolean(ByteBuffer in, String what) throws ProtocolException {
        return getByte(in, what) != 0;
    }

    /** The bytes of a string, sharing the memory of {@code in}. */
    static ByteBuffer getBytes(ByteBuffer in, String what) throws ProtocolException {
        long length = getUint32(in, what);
        require(in, length, what);
        ByteBuffer bytes = in.slice(in.position(), (int) length);
        in.position(in.position() + (int) length);
        return bytes;
    }

    /** A string as text; what is not UTF-8 becomes the replacement character. */
    static String getText(ByteBuffer in, String what) throws ProtocolException {
        return UTF_8.decode(getBytes(in, what)).toString();
    }

    /** All that is left, sharing the memory of {@code in}. */
    static ByteBuffer getRest(ByteBuffer in) {
        ByteBuffer rest = in.slice();
        in.position(in.limit());
        return rest;
    }

    static void requireEnd(ByteBuffer in, String what, Object which) throws ProtocolException {
        if (in.hasRemaining()) {
            throw new ProtocolException(in.remaining() + " bytes too many in " + what + " " + which);
        }
    }

    private static void require(ByteBuffer in, long size, String what) throws ProtocolException {
        if (in.remaining() < size) {
            throw new ProtocolException(what + " needs " + size + " bytes, " + in.remaining() + " are left");
        }
    }

    /** How many bytes a string of this text takes. */
    static int size(String text) {
        return Integer.BYTES + text.getBytes(UTF_8).length;
    }

    /** How many bytes a string of these bytes takes. */
    static int size(ByteBuffer bytes) {
        return Integer.BYTES + bytes.remaining();
    }

    static void putBoolean(ByteBuffer out, boolean value) {
        out.put((byte) (value ? 1 : 0));
    }

    static void putUint32(ByteBuffer out, long value) {
        out.putInt((int) value);
    }

    static void putText(ByteBuffer out, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        out.putInt(bytes.length).put(bytes);
    }

    /** Writes the bytes as a string, leaving their position as it is. */
    static void putBytes(ByteBuffer out, ByteBuffer bytes) {
        out.putInt(bytes.remaining()).put(bytes.duplicate());
    }

    static void checkUint32(long value, String what) {
        if (value < 0 || value > UINT32_MAX) {
            throw new IllegalArgumentException(what + " " + value + " is not between 0 and " + UINT32_MAX);
        }
    }
}
