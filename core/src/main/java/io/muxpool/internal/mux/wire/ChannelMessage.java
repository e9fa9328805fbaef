package io.muxpool.internal.mux.wire;

import java.nio.ByteBuffer;

/**
 * A message about a channel as it travels through a master in proxy mode: RFC 4254, section 5, in a frame of its own, with
 * neither padding nor MAC.
 *
 * <pre>
 *   body   +--------+-----------+------------------------------+
 *          | byte 0 | byte type | what the type wants          |
 *          +--------+-----------+------------------------------+
 *   Open, OpenedByServer   90   | string channel type | uint32 sender | uint32 window | uint32 max packet | ...
 *   OpenConfirmation       91   | uint32 recipient | uint32 sender | uint32 window | uint32 max packet |
 *   OpenFailure            92   | uint32 recipient | uint32 reason | string description | string language |
 *   WindowAdjust           93   | uint32 recipient | uint32 bytes |
 *   Data                   94   | uint32 recipient | string payload |
 *   ExtendedData           95   | uint32 recipient | uint32 data type | string payload |
 *   Eof                    96   | uint32 recipient |
 *   Close                  97   | uint32 recipient |
 *   Request                98   | uint32 recipient | string request type | boolean want reply | ...
 *   Success                99   | uint32 recipient |
 *   Failure               100   | uint32 recipient |
 * </pre>
 *
 * <p>Channel numbers are compared as the 32 bits they are. The recipient is the number that the side which is sent to gave
 * the channel; the sender is our own. What carries a payload shares memory with the body it was read from.
 */
public sealed interface ChannelMessage {
    /**
     * Reads the body of one frame, to its end.
     *
     * @param body big-endian, as {@link Frames#next} gives it; its position is moved
     * @throws ProtocolException when it is no message about a channel, or not all of one, or more than one
     */
    static ChannelMessage decode(ByteBuffer body) throws ProtocolException {
        int padding = Wire.getByte(body, "the padding length");
        int type = Wire.getByte(body, "the type of a channel message");
        if (padding != 0) {
            throw new ProtocolException("a message of type " + type + " with a padding of " + padding + " bytes");
        }
        if (type < ChannelType.OPEN || type > ChannelType.FAILURE) {
            throw new ProtocolException("a message of type " + type + ", which concerns no channel");
        }
        if (type == ChannelType.OPEN) {
            return OpenedByServer.read(body);
        }
        int recipient = Wire.getBits(body, "the recipient of a channel message");
        ChannelMessage message = switch (type) {
            case ChannelType.OPEN_CONFIRMATION -> OpenConfirmation.read(recipient, body);
            case ChannelType.OPEN_FAILURE -> OpenFailure.read(recipient, body);
            case ChannelType.WINDOW_ADJUST -> new WindowAdjust(recipient, Wire.getUint32(body, "the bytes to add"));
            case ChannelType.DATA -> new Data(recipient, Wire.getBytes(body, "the payload"));
            case ChannelType.EXTENDED_DATA ->
                new ExtendedData(recipient, Wire.getBits(body, "the type of data"), Wire.getBytes(body, "the payload"));
            case ChannelType.EOF -> new Eof(recipient);
            case ChannelType.CLOSE -> new Close(recipient);
            case ChannelType.REQUEST -> Request.read(recipient, body);
            case ChannelType.SUCCESS -> new Success(recipient);
            default -> new Failure(recipient);
        };
        Wire.requireEnd(body, "a message of type", type);
        return message;
    }

    /** The number that tells this kind of message from others: 90 to 100. */
    int number();

    /** How many bytes follow the type. */
    int payloadSize();

    /** Writes what follows the type. */
    void encodePayload(ByteBuffer out);

    private int bodySize() {
        return 2 * Byte.BYTES + payloadSize();
    }

    /** How many bytes {@link #encode} writes. */
    default int frameSize() {
        return Frames.size(bodySize());
    }

    /**
     * Writes the whole frame, its length first. The position of a payload stays as it is.
     *
     * @param out big-endian, with room for {@link #frameSize} bytes
     * @throws IllegalArgumentException when the message is longer than a frame may be
     */
    default void encode(ByteBuffer out) {
        Frames.putHeader(out, bodySize());
        out.put((byte) 0).put((byte) number());
        encodePayload(out);
    }

    /** A message to a channel that the recipient knows: every one but those that open one. */
    sealed interface ToChannel extends ChannelMessage {
        /** The channel's number on the side that this is sent to. */
        int recipient();
    }

    /** A message that consists of its type and its recipient. */
    sealed interface Bare extends ToChannel {
        @Override
        default int payloadSize() {
            return Integer.BYTES;
        }

        @Override
        default void encodePayload(ByteBuffer out) {
            out.putInt(recipient());
        }
    }

    /**
     * Asks the server for a session. RFC 4254, section 6.1.
     *
     * @param window how many bytes may be sent to us, as 32 bits
     * @param maxPacket how many of them in one message, as 32 bits
     */
    record Open(int sender, int window, int maxPacket) implements ChannelMessage {
        private static final String SESSION = "session";

        @Override
        public int number() {
            return ChannelType.OPEN;
        }

        @Override
        public int payloadSize() {
            return Wire.size(SESSION) + 3 * Integer.BYTES;
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            Wire.putText(out, SESSION);
            out.putInt(sender).putInt(window).putInt(maxPacket);
        }
    }

    /**
     * The server wants a channel of us: {@code x11}, {@code forwarded-tcpip}. To be refused. What depends on the type is
     * passed over. RFC 4254, section 5.1.
     */
    record OpenedByServer(String type, int sender, long window, long maxPacket) implements ChannelMessage {
        public OpenedByServer {
            Wire.checkUint32(window, "window");
            Wire.checkUint32(maxPacket, "max packet");
        }

        private static OpenedByServer read(ByteBuffer body) throws ProtocolException {
            return new OpenedByServer(
                    Wire.getText(body, "the type of the channel to open"),
                    Wire.getBits(body, "the sender"),
                    Wire.getUint32(body, "the window"),
                    Wire.getUint32(body, "the max packet"));
        }

        @Override
        public int number() {
            return ChannelType.OPEN;
        }

        @Override
        public int payloadSize() {
            return Wire.size(type) + 3 * Integer.BYTES;
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            Wire.putText(out, type);
            out.putInt(sender);
            Wire.putUint32(out, window);
            Wire.putUint32(out, maxPacket);
        }
    }

    /** The channel is open. RFC 4254, section 5.1. */
    record OpenConfirmation(int recipient, int sender, long window, long maxPacket) implements ToChannel {
        public OpenConfirmation {
            Wire.checkUint32(window, "window");
            Wire.checkUint32(maxPacket, "max packet");
        }

        private static OpenConfirmation read(int recipient, ByteBuffer body) throws ProtocolException {
            return new OpenConfirmation(
                    recipient,
                    Wire.getBits(body, "the sender"),
                    Wire.getUint32(body, "the window"),
                    Wire.getUint32(body, "the max packet"));
        }

        @Override
        public int number() {
            return ChannelType.OPEN_CONFIRMATION;
        }

        @Override
        public int payloadSize() {
            return 4 * Integer.BYTES;
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            out.putInt(recipient).putInt(sender);
            Wire.putUint32(out, window);
            Wire.putUint32(out, maxPacket);
        }
    }

    /**
     * The channel is refused. The language of the description is passed over. RFC 4254, section 5.1.
     *
     * @param reason 1 prohibited, 2 connect failed, 3 unknown type, 4 resource shortage; as 32 bits
     */
    record OpenFailure(int recipient, int reason, String description) implements ToChannel {
        private static OpenFailure read(int recipient, ByteBuffer body) throws ProtocolException {
            OpenFailure failure =
                    new OpenFailure(recipient, Wire.getBits(body, "the reason"), Wire.getText(body, "the description"));
            Wire.getBytes(body, "the language");
            return failure;
        }

        @Override
        public int number() {
            return ChannelType.OPEN_FAILURE;
        }

        @Override
        public int payloadSize() {
            return 2 * Integer.BYTES + Wire.size(description) + Wire.size("");
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            out.putInt(recipient).putInt(reason);
            Wire.putText(out, description);
            Wire.putText(out, "");
        }
    }

    /** As many bytes more may be sent. RFC 4254, section 5.2. */
    record WindowAdjust(int recipient, long bytes) implements ToChannel {
        public WindowAdjust {
            Wire.checkUint32(bytes, "window");
        }

        @Override
        public int number() {
            return ChannelType.WINDOW_ADJUST;
        }

        @Override
        public int payloadSize() {
            return 2 * Integer.BYTES;
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            out.putInt(recipient);
            Wire.putUint32(out, bytes);
        }
    }

    /** Standard input, or standard output. RFC 4254, section 5.2. */
    record Data(int recipient, ByteBuffer payload) implements ToChannel {
        @Override
        public int number() {
            return ChannelType.DATA;
        }

        @Override
        public int payloadSize() {
            return Integer.BYTES + Wire.size(payload);
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            out.putInt(recipient);
            Wire.putBytes(out, payload);
        }
    }

    /**
     * Other output. RFC 4254, section 5.2.
     *
     * @param type {@link #STDERR}; no other is known
     */
    record ExtendedData(int recipient, int type, ByteBuffer payload) implements ToChannel {
        /** Standard error. */
        public static final int STDERR = 1;

        @Override
        public int number() {
            return ChannelType.EXTENDED_DATA;
        }

        @Override
        public int payloadSize() {
            return 2 * Integer.BYTES + Wire.size(payload);
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            out.putInt(recipient).putInt(type);
            Wire.putBytes(out, payload);
        }
    }

    /** The sender has no more data. RFC 4254, section 5.3. */
    record Eof(int recipient) implements Bare {
        @Override
        public int number() {
            return ChannelType.EOF;
        }
    }

    /** The sender's last message about the channel. RFC 4254, section 5.3. */
    record Close(int recipient) implements Bare {
        @Override
        public int number() {
            return ChannelType.CLOSE;
        }
    }

    /** Asks for something, or tells it. RFC 4254, section 5.4. */
    record Request(int recipient, boolean wantReply, ChannelRequest request) implements ToChannel {
        private static Request read(int recipient, ByteBuffer body) throws ProtocolException {
            String name = Wire.getText(body, "the type of a request");
            boolean wantReply = Wire.getBoolean(body, "the wish for a reply");
            return new Request(recipient, wantReply, ChannelRequest.decode(name, body));
        }

        @Override
        public int number() {
            return ChannelType.REQUEST;
        }

        @Override
        public int payloadSize() {
            return Integer.BYTES + Wire.size(request.type()) + Byte.BYTES + request.payloadSize();
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            out.putInt(recipient);
            Wire.putText(out, request.type());
            Wire.putBoolean(out, wantReply);
            request.encodePayload(out);
        }
    }

    /** Yes to the oldest request that wants a reply. RFC 4254, section 5.4. */
    record Success(int recipient) implements Bare {
        @Override
        public int number() {
            return ChannelType.SUCCESS;
        }
    }

    /** No to the oldest request that wants a reply. RFC 4254, section 5.4. */
    record Failure(int recipient) implements Bare {
        @Override
        public int number() {
            return ChannelType.FAILURE;
        }
    }
}
