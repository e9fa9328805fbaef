package io.muxpool.stress.fuzz;

import java.util.Arrays;
import java.util.List;

/** What a master, or a server, does next. On the wire of a play it is its place here; behind it come its operands, a byte each. */
enum Move {
    /** Waits a moment for the client to say something. */
    AWAIT,
    /** The same, until it makes a request. */
    AWAIT_REQUEST,
    /** Says bytes as they are: count, bytes. A server says a message of any type: count, type, payload. */
    RAW,
    /** Says a channel message of any type, well framed: type, channel, count, bytes. */
    FRAME,
    /** Confirms an OPEN: channel, its number here, window, packet. */
    CONFIRM,
    /** Refuses one: channel. */
    REFUSE,
    /** Says yes to a request: channel. */
    SUCCESS,
    /** Says no: channel. */
    FAILURE,
    /** Writes to standard output: channel, how many times 256 bytes. */
    DATA,
    /** Writes to standard error, likewise. */
    STDERR,
    /** Widens the client's window: channel, window. */
    ADJUST,
    /** Ends the output: channel. */
    EOF,
    /** Closes: channel. */
    CLOSE,
    /** Tells that the command has exited: channel, status. */
    EXIT,
    /** Tells that a signal ended it: channel. */
    SIGNALLED,
    /** Asks or tells something else: channel, which, whether a reply is wanted. */
    REQUEST,
    /** Ends the connection; the next client gets the rest of the play. */
    HANG_UP,
    /** Waits a moment, until the client opens a channel. */
    AWAIT_OPEN,
    /** Does nothing more for this client. Rare, since it takes the time of a whole job. */
    SILENCE;

    private static final int SILENT = 0xff;

    /** By their numbers in a play; all but the last, which a number of its own stands for. */
    private static final List<Move> LOUD =
            Arrays.stream(values()).filter(move -> move != SILENCE).toList();

    static Move of(int code) {
        return code == SILENT ? SILENCE : LOUD.get(code % LOUD.size());
    }

    int code() {
        return this == SILENCE ? SILENT : LOUD.indexOf(this);
    }
}
