package io.muxpool.stress.fuzz;

import io.muxpool.testkit.Frame;
import java.time.Duration;

/** Whom the moves of a play are made to. What says something throws {@link java.io.UncheckedIOException} to one gone. */
interface Partner {
    /** The partner's own number of a channel, by the one that it has in a play. */
    int number(int channel);

    /** Says a message, framed as in proxy mode. */
    void say(byte[] frame);

    /** Says something else: what that may be is the partner's. */
    void raw(byte[] bytes);

    /**
     * Waits for what comes next.
     *
     * @throws AssertionError when nothing does
     */
    Frame await(Duration atMost);

    /** Ends the connection, as the play says that it is to be done. */
    void hangUp();

    /** There are no more moves. */
    void end();
}
