package io.muxpool.internal.mux.wire;

import java.nio.ByteBuffer;

/**
 * What a {@link ChannelMessage.Request} asks for or tells: RFC 4254, section 6, and PROTOCOL, section 2.1, of OpenSSH.
 *
 * <pre>
 *   Env            "env"              | string name | string value |
 *   Exec           "exec"             | string line |
 *   Subsystem      "subsystem"        | string name |
 *   PtyReq         "pty-req"          | string term | uint32 columns | uint32 rows | uint32 0 | uint32 0 | string modes |
 *   WindowChange   "window-change"    | uint32 columns | uint32 rows | uint32 0 | uint32 0 |
 *   Signal         "signal"           | string name |
 *   ExitStatus     "exit-status"      | uint32 code |
 *   ExitSignal     "exit-signal"      | string name | boolean core dumped | string message | string language |
 *   EndOfWrite     "eow@openssh.com"  |
 *   Unknown        any other          | ... |
 * </pre>
 *
 * <p>The zeros are a size in pixels, which we do not know; of others' it is passed over.
 */
public sealed interface ChannelRequest {
    /**
     * Reads a request to its end.
     *
     * @param type as on the wire
     * @param in big-endian, what follows the wish for a reply; its position is moved
     * @throws ProtocolException when a type that is known has not all of what belongs to it, or more
     */
    static ChannelRequest decode(String type, ByteBuffer in) throws ProtocolException {
        ChannelRequest request = switch (type) {
            case Env.TYPE -> new Env(Wire.getText(in, "a variable's name"), Wire.getText(in, "its value"));
            case Exec.TYPE -> new Exec(Wire.getText(in, "the line"));
            case Subsystem.TYPE -> new Subsystem(Wire.getText(in, "the subsystem's name"));
            case PtyReq.TYPE -> PtyReq.read(in);
            case WindowChange.TYPE -> WindowChange.read(in);
            case Signal.TYPE -> new Signal(Wire.getText(in, "the signal's name"));
            case ExitStatus.TYPE -> new ExitStatus(Wire.getUint32(in, "the exit status"));
            case ExitSignal.TYPE -> ExitSignal.read(in);
            case EndOfWrite.TYPE -> new EndOfWrite();
            default -> new Unknown(type, Wire.getRest(in));
        };
        Wire.requireEnd(in, "a request of type", type);
        return request;
    }

    /** The name that tells this kind of request from others. */
    String type();

    /** How many bytes follow the wish for a reply. */
    int payloadSize();

    /** Writes what follows the wish for a reply. */
    void encodePayload(ByteBuffer out);

    /** Sets a variable for the command to come; servers accept few. Section 6.4. */
    record Env(String name, String value) implements ChannelRequest {
        private static final String TYPE = "env";

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public int payloadSize() {
            return Wire.size(name) + Wire.size(value);
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            Wire.putText(out, name);
            Wire.putText(out, value);
        }
    }

    /** Starts a command, by the user's shell. Section 6.5. */
    record Exec(String line) implements ChannelRequest {
        private static final String TYPE = "exec";

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public int payloadSize() {
            return Wire.size(line);
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            Wire.putText(out, line);
        }
    }

    /** Starts a service that the server has a name for, such as {@code sftp}. Section 6.5. */
    record Subsystem(String name) implements ChannelRequest {
        private static final String TYPE = "subsystem";

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public int payloadSize() {
            return Wire.size(name);
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            Wire.putText(out, name);
        }
    }

    /**
     * A terminal for the command to come, with the server's own modes: our list of them is empty, and of others' it is
     * passed over. Sections 6.2 and 8.
     *
     * @param columns in characters, as 32 bits
     * @param rows likewise
     */
    record PtyReq(String term, int columns, int rows) implements ChannelRequest {
        private static final String TYPE = "pty-req";

        /** One byte, which ends the list. */
        private static final int MODES_SIZE = Byte.BYTES;

        private static final byte TTY_OP_END = 0;

        private static PtyReq read(ByteBuffer in) throws ProtocolException {
            String term = Wire.getText(in, "the terminal's name");
            WindowChange size = WindowChange.read(in);
            Wire.getBytes(in, "the terminal's modes");
            return new PtyReq(term, size.columns(), size.rows());
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public int payloadSize() {
            return Wire.size(term) + WindowChange.SIZE + Integer.BYTES + MODES_SIZE;
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            Wire.putText(out, term);
            new WindowChange(columns, rows).encodePayload(out);
            out.putInt(MODES_SIZE).put(TTY_OP_END);
        }
    }

    /**
     * The terminal has another size. Section 6.7.
     *
     * @param columns in characters, as 32 bits
     * @param rows likewise
     */
    record WindowChange(int columns, int rows) implements ChannelRequest {
        private static final String TYPE = "window-change";
        private static final int SIZE = 4 * Integer.BYTES;

        private static WindowChange read(ByteBuffer in) throws ProtocolException {
            WindowChange size = new WindowChange(Wire.getBits(in, "the columns"), Wire.getBits(in, "the rows"));
            Wire.getBits(in, "the width");
            Wire.getBits(in, "the height");
            return size;
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public int payloadSize() {
            return SIZE;
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            out.putInt(columns).putInt(rows).putInt(0).putInt(0);
        }
    }

    /**
     * A signal for the command. Section 6.9.
     *
     * @param name without SIG
     */
    record Signal(String name) implements ChannelRequest {
        private static final String TYPE = "signal";

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public int payloadSize() {
            return Wire.size(name);
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            Wire.putText(out, name);
        }
    }

    /** The command returned this. More of its output may follow. Section 6.10. */
    record ExitStatus(long code) implements ChannelRequest {
        private static final String TYPE = "exit-status";

        public ExitStatus {
            Wire.checkUint32(code, "exit status");
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public int payloadSize() {
            return Integer.BYTES;
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            Wire.putUint32(out, code);
        }
    }

    /**
     * The command died of a signal. More of its output may follow. Section 6.10.
     *
     * @param name without SIG
     */
    record ExitSignal(String name, boolean coreDumped, String message, String language) implements ChannelRequest {
        private static final String TYPE = "exit-signal";

        private static ExitSignal read(ByteBuffer in) throws ProtocolException {
            return new ExitSignal(
                    Wire.getText(in, "the signal's name"),
                    Wire.getBoolean(in, "the core flag"),
                    Wire.getText(in, "the message"),
                    Wire.getText(in, "the language"));
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public int payloadSize() {
            return Wire.size(name) + Byte.BYTES + Wire.size(message) + Wire.size(language);
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            Wire.putText(out, name);
            Wire.putBoolean(out, coreDumped);
            Wire.putText(out, message);
            Wire.putText(out, language);
        }
    }

    /** Nobody reads the command's standard input any more. */
    record EndOfWrite() implements ChannelRequest {
        private static final String TYPE = "eow@openssh.com";

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public int payloadSize() {
            return 0;
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            // Its name says it all.
        }
    }

    /**
     * A type that is not known here. One that wants a reply must get a {@link ChannelMessage.Failure}: a server that hears
     * nothing of its keepalive drops the whole connection.
     */
    record Unknown(String name, ByteBuffer payload) implements ChannelRequest {
        @Override
        public String type() {
            return name;
        }

        @Override
        public int payloadSize() {
            return payload.remaining();
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            out.put(payload.duplicate());
        }
    }
}
