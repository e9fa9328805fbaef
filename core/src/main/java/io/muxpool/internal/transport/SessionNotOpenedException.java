package io.muxpool.internal.transport;

/** No session was opened, so the command was not started, certainly. Stays inside: the pool decides what it means. */
public final class SessionNotOpenedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean refused;
    private final boolean inputIntact;
    private boolean onOwnMaster;

    SessionNotOpenedException(String message, boolean refused, boolean inputIntact) {
        super(message);
        this.refused = refused;
        this.inputIntact = inputIntact;
    }

    /** Whether the server said no (too many sessions), rather than the master being gone. */
    public boolean refused() {
        return refused;
    }

    /** Whether the master was started by this process, so that no other can have left sessions on it. */
    public boolean onOwnMaster() {
        return onOwnMaster;
    }

    /** The same, on a master that this process started. */
    public SessionNotOpenedException asOnOwnMaster() {
        SessionNotOpenedException same =
                new SessionNotOpenedException(String.valueOf(getMessage()), refused, inputIntact);
        same.onOwnMaster = true;
        return same;
    }

    /** Whether the command may be run elsewhere as it is: nothing was taken from a stream that cannot be read twice. */
    public boolean inputIntact() {
        return inputIntact;
    }
}
