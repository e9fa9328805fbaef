package io.muxpool.testkit;

import java.util.Arrays;
import java.util.HexFormat;

/** A channel message (RFC 4254) as it came from a client: in proxy mode, or through ssh. Immutable. */
public final class Frame {

    public static final int OPEN = 90;
    public static final int OPEN_CONFIRMATION = 91;
    public static final int OPEN_FAILURE = 92;
    public static final int WINDOW_ADJUST = 93;
    public static final int DATA = 94;
    public static final int EXTENDED_DATA = 95;
    public static final int EOF = 96;
    public static final int CLOSE = 97;
    public static final int REQUEST = 98;
    public static final int SUCCESS = 99;
    public static final int FAILURE = 100;

    private static final int SHOWN = 64;

    private final byte[] body;

    /** Takes what follows the length: the padding length, the type, the payload. */
    Frame(byte[] body) {
        this.body = body;
    }

    /** As it comes through ssh, which has taken its own frame away: the type, and what follows it. */
    public static Frame of(int type, byte[] payload) {
        byte[] body = new byte[2 + payload.length];
        body[1] = (byte) type;
        System.arraycopy(payload, 0, body, 2, payload.length);
        return new Frame(body);
    }

    /** The byte before the type, which is to be 0. */
    public int padding() {
        return body[0] & 0xff;
    }

    /** The message number, such as {@link #OPEN}. */
    public int type() {
        return body[1] & 0xff;
    }

    /** What follows the type. */
    public byte[] payload() {
        return Arrays.copyOfRange(body, 2, body.length);
    }

    /** The payload, to be read field by field. */
    public Fields fields() {
        return new Fields(payload(), toString());
    }

    /** The channel this is for, by the server's number: the first field of all messages but {@link #OPEN}. */
    public int recipient() {
        require(type() != OPEN, "has no recipient");
        return fields().channelNumber();
    }

    /** The kind of channel that an {@link #OPEN} asks for, such as {@code session}. */
    public String channelType() {
        require(type() == OPEN, "opens no channel");
        return fields().text();
    }

    /** The client's own number of the channel that an {@link #OPEN} asks for. */
    public int clientId() {
        return afterChannelType().channelNumber();
    }

    /** The window that an {@link #OPEN} grants to the server. */
    public long window() {
        Fields fields = afterChannelType();
        fields.uint32();
        return fields.uint32();
    }

    /** The largest packet that an {@link #OPEN} allows the server to send. */
    public long maxPacket() {
        Fields fields = afterChannelType();
        fields.uint32();
        fields.uint32();
        return fields.uint32();
    }

    /** The name of a {@link #REQUEST}, such as {@code exec}. */
    public String requestName() {
        return afterRecipient(REQUEST).text();
    }

    /** Whether a {@link #REQUEST} wants a reply. */
    public boolean wantReply() {
        Fields fields = afterRecipient(REQUEST);
        fields.string();
        return fields.flag();
    }

    /** What follows a {@link #REQUEST}'s name and flag: the command of an {@code exec}, for one. */
    public Fields requestFields() {
        Fields fields = afterRecipient(REQUEST);
        fields.string();
        fields.flag();
        return fields;
    }

    /** The bytes that a {@link #DATA} message carries. */
    public byte[] data() {
        return afterRecipient(DATA).string();
    }

    /** By how much a {@link #WINDOW_ADJUST} widens the window. */
    public long adjustment() {
        return afterRecipient(WINDOW_ADJUST).uint32();
    }

    /** Whether this is a {@link #REQUEST} of that name. */
    public boolean isRequest(String name) {
        return type() == REQUEST && requestName().equals(name);
    }

    @Override
    public String toString() {
        String hex = HexFormat.of().formatHex(body, 2, Math.min(body.length, 2 + SHOWN));
        return "message " + type() + " of " + (body.length - 2) + " bytes: " + hex
                + (body.length > 2 + SHOWN ? "..." : "");
    }

    private Fields afterChannelType() {
        require(type() == OPEN, "opens no channel");
        Fields fields = fields();
        fields.string();
        return fields;
    }

    private Fields afterRecipient(int type) {
        require(type() == type, "is not of type " + type);
        Fields fields = fields();
        fields.channelNumber();
        return fields;
    }

    private void require(boolean holds, String complaint) {
        if (!holds) {
            throw new AssertionError("This " + complaint + ": " + this);
        }
    }
}
