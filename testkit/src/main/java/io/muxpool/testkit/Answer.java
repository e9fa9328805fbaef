package io.muxpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

/** What a {@link FakeMaster} answers to a {@link MuxRequest}. Immutable. */
public final class Answer {

    enum Kind {
        GRANTED,
        FAILURE,
        PERMISSION_DENIED,
        SILENCE,
        RAW,
        HANG_UP
    }

    private final Kind kind;
    private final byte[] bytes;

    private Answer(Kind kind, byte[] bytes) {
        this.kind = kind;
        this.bytes = bytes;
    }

    /** What a healthy master answers and does: the default. */
    public static Answer granted() {
        return new Answer(Kind.GRANTED, new byte[0]);
    }

    /** A failure, as for a request that the master does not know. */
    public static Answer failure(String reason) {
        return new Answer(Kind.FAILURE, reason.getBytes(UTF_8));
    }

    /** A refusal, as by a user whom the master asks. */
    public static Answer permissionDenied(String reason) {
        return new Answer(Kind.PERMISSION_DENIED, reason.getBytes(UTF_8));
    }

    /** Nothing, neither to this request nor to any later one on the same connection, as from a stopped process. */
    public static Answer silence() {
        return new Answer(Kind.SILENCE, new byte[0]);
    }

    /** These bytes instead of an answer; then the connection goes on. */
    public static Answer raw(byte... bytes) {
        return new Answer(Kind.RAW, bytes.clone());
    }

    /** These bytes, such as half an answer, and then the end of the connection. */
    public static Answer rawThenClose(byte... bytes) {
        return new Answer(Kind.HANG_UP, bytes.clone());
    }

    /** The end of the connection. */
    public static Answer close() {
        return rawThenClose();
    }

    Kind kind() {
        return kind;
    }

    byte[] bytes() {
        return bytes;
    }

    String reason() {
        return new String(bytes, UTF_8);
    }
}
