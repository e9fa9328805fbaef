package io.muxpool.stress.fuzz;

import io.muxpool.testkit.Attached;
import io.muxpool.testkit.Frame;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * A client that is attached to a fake master.
 *
 * @param cut 0, or behind how many bytes of each message there is a pause
 */
record MasterSide(Attached client, int cut) implements Partner {
    private static final long PAUSE_NANOS = 100_000;

    /** Channels are numbered by the client, one after the other, from 0. */
    @Override
    public int number(int channel) {
        return channel;
    }

    @Override
    public void say(byte[] frame) {
        raw(frame);
    }

    /** Bytes as they are. */
    @Override
    public void raw(byte[] bytes) {
        if (0 < cut && cut < bytes.length) {
            client.raw(Arrays.copyOf(bytes, cut));
            // That the client reads the two apart is likely, and not needed.
            LockSupport.parkNanos(PAUSE_NANOS);
            client.raw(Arrays.copyOfRange(bytes, cut, bytes.length));
        } else {
            client.raw(bytes);
        }
    }

    @Override
    public Frame await(Duration atMost) {
        return client.await(atMost);
    }

    @Override
    public void hangUp() {
        client.closeSocket();
    }

    @Override
    public void end() {
        client.closeSocket();
    }
}
