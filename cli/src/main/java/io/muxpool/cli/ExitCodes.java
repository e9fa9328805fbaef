package io.muxpool.cli;

/** The exit codes that are muxpool's own; all others of {@code run} are the command's. */
public final class ExitCodes {
    private ExitCodes() {}

    /** All is well. */
    public static final int OK = 0;

    /** Something else than {@code run} failed. */
    public static final int FAILURE = 1;

    /** The words of a command line other than {@code run}'s make no sense. */
    public static final int USAGE = 2;

    /** {@code run --timeout} ran out, as with timeout(1). */
    public static final int TIMEOUT = 124;

    /** {@code fleet}: ^C was pressed. */
    public static final int INTERRUPTED = 130;

    /** {@code run}: not started, or its outcome unknown, or its words make no sense; as with ssh(1). */
    public static final int SSH = 255;
}
