package io.muxpool.internal.sweep;

/** How the commands of one connection get their marks: see {@link Mark}. */
public enum Marking {
    /** Nobody has asked this server yet. The first command waits for its answer, one round trip. */
    UNKNOWN,
    /** By an environment request on each channel, sent when the channel opens: it costs a command nothing. */
    BY_REQUEST,
    /** In the command line, since the server takes no such variable. */
    IN_LINE
}
