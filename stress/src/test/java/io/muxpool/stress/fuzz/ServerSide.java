package io.muxpool.stress.fuzz;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.muxpool.testkit.Frame;
import io.muxpool.testkit.Visitor;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** The masters that come to a fake server, as one. */
final class ServerSide implements Partner {
    private static final int DISCONNECT = 1;
    private static final int FIRST_OF_KEY_EXCHANGE = 20;
    private static final int FIRST_OF_CONNECTION = 80;
    private static final byte[] FAREWELL = "tired".getBytes(US_ASCII);

    private final Ledger ledger;
    private final int manner;
    private final Calls calls;

    ServerSide(Ledger ledger, int manner, Calls calls) {
        this.ledger = ledger;
        this.manner = manner;
        this.calls = calls;
    }

    @Override
    public int number(int channel) {
        return ledger.number(channel);
    }

    @Override
    public void say(byte[] frame) {
        ledger.say(frame);
    }

    /** A message of any type; not of those that agree on keys and users, which stay in order. */
    @Override
    public void raw(byte[] bytes) {
        int type = bytes.length == 0 ? 0 : Byte.toUnsignedInt(bytes[0]);
        if (0 < type && (type < FIRST_OF_KEY_EXCHANGE || type >= FIRST_OF_CONNECTION)) {
            ledger.say(ByteBuffer.allocate(5 + bytes.length)
                    .putInt(1 + bytes.length)
                    .put((byte) 0)
                    .put(bytes)
                    .array());
        }
    }

    @Override
    public Frame await(Duration atMost) {
        return ledger.await(atMost, calls::done);
    }

    /** Closes the connection, ends its half of it, or takes leave and does neither. */
    @Override
    public void hangUp() {
        for (Visitor visitor : ledger.dismiss()) {
            try {
                switch (manner % 3) {
                    case 0 -> visitor.hangUp();
                    case 1 -> visitor.hangUpHalf();
                    default ->
                        visitor.say(
                                DISCONNECT,
                                ByteBuffer.allocate(12 + FAREWELL.length)
                                        .putInt(11)
                                        .putInt(FAREWELL.length)
                                        .put(FAREWELL)
                                        .putInt(0)
                                        .array());
                }
            } catch (UncheckedIOException e) {
                // It has gone by itself.
            }
        }
    }

    @Override
    public void end() {
        ledger.closeAll();
    }
}
