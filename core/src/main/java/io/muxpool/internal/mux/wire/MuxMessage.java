package io.muxpool.internal.mux.wire;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A message between a client and an OpenSSH master, until the socket goes into proxy mode; see PROTOCOL.mux.
 *
 * <pre>
 *   body     +-------------+------------------------------+
 *            | uint32 type | what the type wants          |
 *            +-------------+------------------------------+
 *   Hello                  | uint32 version | (string name, string value)*
 *   AliveCheck, Terminate, StopListening, Proxy, ProxyOk, Ok
 *                          | uint32 request |
 *   Alive                  | uint32 request | uint32 pid |
 *   PermissionDenied, Failure
 *                          | uint32 request | string reason |
 * </pre>
 *
 * <p>The request is a number of the client's choice, which comes back in the answer.
 */
public sealed interface MuxMessage {
    /**
     * Reads the body of one frame, to its end.
     *
     * @param body big-endian, as {@link Frames#next} gives it; its position is moved
     * @throws ProtocolException when it is no such message, or not all of one, or more than one
     */
    static MuxMessage decode(ByteBuffer body) throws ProtocolException {
        int type = Wire.getBits(body, "the type of a mux message");
        if (type == MuxType.HELLO) {
            return Hello.read(body);
        }
        int request = Wire.getBits(body, "the request number");
        MuxMessage message = switch (type) {
            case MuxType.ALIVE_CHECK -> new AliveCheck(request);
            case MuxType.TERMINATE -> new Terminate(request);
            case MuxType.STOP_LISTENING -> new StopListening(request);
            case MuxType.PROXY -> new Proxy(request);
            case MuxType.OK -> new Ok(request);
            case MuxType.PERMISSION_DENIED -> new PermissionDenied(request, Wire.getText(body, "the reason"));
            case MuxType.FAILURE -> new Failure(request, Wire.getText(body, "the reason"));
            case MuxType.ALIVE -> new Alive(request, Wire.getBits(body, "the process id"));
            case MuxType.PROXY_OK -> new ProxyOk(request);
            default -> throw new ProtocolException("a mux message of type 0x" + Integer.toHexString(type));
        };
        Wire.requireEnd(body, "the mux message", message);
        return message;
    }

    /** The number that tells this kind of message from others. */
    int number();

    /** How many bytes follow the type. */
    int payloadSize();

    /** Writes what follows the type. */
    void encodePayload(ByteBuffer out);

    private int bodySize() {
        return Integer.BYTES + payloadSize();
    }

    /** How many bytes {@link #encode} writes. */
    default int frameSize() {
        return Frames.size(bodySize());
    }

    /**
     * Writes the whole frame, its length first.
     *
     * @param out big-endian, with room for {@link #frameSize} bytes
     * @throws IllegalArgumentException when the message is longer than a frame may be
     */
    default void encode(ByteBuffer out) {
        Frames.putHeader(out, bodySize());
        out.putInt(number());
        encodePayload(out);
    }

    /** A message that consists of its type and its request. */
    sealed interface Bare extends MuxMessage {
        /** The number of the request that this is, or answers. */
        int request();

        @Override
        default int payloadSize() {
            return Integer.BYTES;
        }

        @Override
        default void encodePayload(ByteBuffer out) {
            out.putInt(request());
        }
    }

    /** An answer that says why not. */
    sealed interface Refusal extends MuxMessage {
        /** The number of the request that is refused. */
        int request();

        /** In the master's words. */
        String reason();

        @Override
        default int payloadSize() {
            return Integer.BYTES + Wire.size(reason());
        }

        @Override
        default void encodePayload(ByteBuffer out) {
            out.putInt(request());
            Wire.putText(out, reason());
        }
    }

    /**
     * The first word of either side, unasked.
     *
     * @param version a side that speaks another than {@link #VERSION} cannot be talked to
     * @param extensions by name, in their order; whoever knows none of them ignores them. Of one name the last counts
     */
    record Hello(int version, Map<String, String> extensions) implements MuxMessage {
        /** The version that all masters since OpenSSH 5.1 speak. */
        public static final int VERSION = 4;

        public Hello {
            extensions = Collections.unmodifiableMap(new LinkedHashMap<>(extensions));
        }

        /** Our own. */
        public Hello() {
            this(VERSION, Map.of());
        }

        private static Hello read(ByteBuffer body) throws ProtocolException {
            int version = Wire.getBits(body, "the version");
            Map<String, String> extensions = new LinkedHashMap<>();
            while (body.hasRemaining()) {
                String name = Wire.getText(body, "an extension's name");
                extensions.put(name, Wire.getText(body, "an extension's value"));
            }
            return new Hello(version, extensions);
        }

        @Override
        public int number() {
            return MuxType.HELLO;
        }

        @Override
        public int payloadSize() {
            return Integer.BYTES
                    + extensions.entrySet().stream()
                            .mapToInt(extension -> Wire.size(extension.getKey()) + Wire.size(extension.getValue()))
                            .sum();
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            out.putInt(version);
            extensions.forEach((name, value) -> {
                Wire.putText(out, name);
                Wire.putText(out, value);
            });
        }
    }

    /** Asks whether the master is there. Answered by {@link Alive}. */
    record AliveCheck(int request) implements Bare {
        @Override
        public int number() {
            return MuxType.ALIVE_CHECK;
        }
    }

    /** The master is there. */
    record Alive(int request, int pid) implements MuxMessage {
        @Override
        public int number() {
            return MuxType.ALIVE;
        }

        @Override
        public int payloadSize() {
            return 2 * Integer.BYTES;
        }

        @Override
        public void encodePayload(ByteBuffer out) {
            out.putInt(request).putInt(pid);
        }
    }

    /** Asks the master to end, with all that runs over it. */
    record Terminate(int request) implements Bare {
        @Override
        public int number() {
            return MuxType.TERMINATE;
        }
    }

    /** Asks the master to remove its socket, take no more clients, and end after the last that it has. */
    record StopListening(int request) implements Bare {
        @Override
        public int number() {
            return MuxType.STOP_LISTENING;
        }
    }

    /** Asks for proxy mode. */
    record Proxy(int request) implements Bare {
        @Override
        public int number() {
            return MuxType.PROXY;
        }
    }

    /** Proxy mode: whatever comes after this in either direction is a {@link ChannelMessage}. */
    record ProxyOk(int request) implements Bare {
        @Override
        public int number() {
            return MuxType.PROXY_OK;
        }
    }

    /** Done. */
    record Ok(int request) implements Bare {
        @Override
        public int number() {
            return MuxType.OK;
        }
    }

    /** The user of the master refused. */
    record PermissionDenied(int request, String reason) implements Refusal {
        @Override
        public int number() {
            return MuxType.PERMISSION_DENIED;
        }
    }

    /** The master cannot: it does not know the request, say. */
    record Failure(int request, String reason) implements Refusal {
        @Override
        public int number() {
            return MuxType.FAILURE;
        }
    }
}
