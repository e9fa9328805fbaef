package io.muxpool;

/**
 * How a remote's commands get there. The ladder, best first, is {@link #MUX}, {@link #PROCESS}, {@link #PLAIN}; local mode
 * uses none of them.
 */
public enum TransportKind {
    /** The best that this machine, its ssh and the user's configuration allow, down the ladder; the default. */
    AUTO,
    /**
     * The ControlMaster's own protocol over its socket: no process per command, exact outcomes, signals to the other side.
     * What it cannot honour is an error, never another transport.
     */
    MUX,
    /** One {@code ssh -S} process per command over a ControlMaster's connection. */
    PROCESS,
    /** One {@code ssh} process, and one handshake, per command: no connection is shared or left behind. */
    PLAIN
}
