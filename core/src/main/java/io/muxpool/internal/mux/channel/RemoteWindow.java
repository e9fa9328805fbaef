package io.muxpool.internal.mux.channel;

import io.muxpool.internal.mux.wire.ProtocolException;

/**
 * How much the server lets us send on one channel (RFC 4254 section 5.2). An overrun makes sshd 9.6 and later drop the
 * whole connection, and older ones drop the data in silence, so the count is strict. Guarded by its channel's lock.
 */
final class RemoteWindow {
    private static final long MAX = 0xffff_ffffL;

    private final int maxPacket;
    private long left;

    RemoteWindow(long initial, long maxPacket) {
        this.left = initial;
        // OpenSSH announces 32768. Larger ones gain nothing; a payload above 32768 would be dropped in silence.
        this.maxPacket = (int) Math.min(maxPacket, Channel.MAX_PACKET);
    }

    void add(long bytes) throws ProtocolException {
        left += bytes;
        if (left > MAX) {
            throw new ProtocolException("a window of " + left + " bytes: more than 2^32 - 1");
        }
    }

    /** The most that one DATA message may carry now. */
    int sendable() {
        return (int) Math.min(left, maxPacket);
    }

    void sent(int bytes) {
        if (bytes > sendable()) {
            throw new IllegalStateException(bytes + " bytes do not fit into a window of " + left);
        }
        left -= bytes;
    }
}
