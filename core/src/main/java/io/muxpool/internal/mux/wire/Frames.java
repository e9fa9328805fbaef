package io.muxpool.internal.mux.wire;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where one frame of the stream ends and the next begins. Multiplexing messages and, in proxy mode, channel messages are
 * framed alike.
 *
 * <pre>
 *   +---------------+----------------------+
 *   | uint32 length | body of length bytes |
 *   +---------------+----------------------+
 * </pre>
 */
public final class Frames {
    /** The longest body. An OpenSSH master closes a socket that sends it a longer one. */
    public static final int MAX_BODY = 256 * 1024;

    /** A channel message has two bytes at least: padding length and type. */
    private static final int MIN_BODY = 2;

    private static final int HEADER = Integer.BYTES;

    private Frames() {}

    /**
     * Takes the next whole frame out of {@code in}.
     *
     * @param in big-endian, from its position to its limit what has been received. Moved behind the frame, or left as it
     *     is where none is complete
     * @return the body, sharing the memory of {@code in}: used up before that is written to again. Null when the frame is
     *     not complete
     * @throws ProtocolException when no body may be as long, or as short, as this one claims to be; known before the body
     *     has come
     */
    public static @Nullable ByteBuffer next(ByteBuffer in) throws ProtocolException {
        if (needed(in) > 0) {
            return null;
        }
        int start = in.position() + HEADER;
        int length = in.getInt(in.position());
        in.position(start + length);
        return in.slice(start, length);
    }

    /**
     * How many bytes are missing for the next frame to be complete, as far as is known: only those of its length while
     * that is not there; 0 when it is complete.
     *
     * @throws ProtocolException as {@link #next} does; so at most {@link #MAX_BODY} bytes are ever asked for
     */
    public static int needed(ByteBuffer in) throws ProtocolException {
        int have = in.remaining();
        if (have < HEADER) {
            return HEADER - have;
        }
        int length = in.getInt(in.position());
        // A length above Integer.MAX_VALUE is negative here.
        if (length < MIN_BODY || length > MAX_BODY) {
            throw new ProtocolException("a frame of " + Integer.toUnsignedString(length) + " bytes");
        }
        return Math.max(0, HEADER + length - have);
    }

    /** The size of a frame with such a body. */
    static int size(int bodySize) {
        return HEADER + bodySize;
    }

    /** Writes what comes before the body. */
    static void putHeader(ByteBuffer out, int bodySize) {
        if (bodySize > MAX_BODY) {
            throw new IllegalArgumentException("a message of " + bodySize + " bytes is longer than a frame may be");
        }
        out.putInt(bodySize);
    }
}
