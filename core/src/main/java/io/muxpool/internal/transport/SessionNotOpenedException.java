package io.muxpool.internal.transport;

/** No session was opened, so the command was not started, certainly. Stays inside: the pool decides what it means. */
public final class SessionNotOpenedException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What stood in the way. */
    public enum Why {
        /** The server said no; the connection goes on. */
        REFUSED,
        /** The server said no, to this or to another, and nothing may be opened on this connection any more. */
        OUT_OF_SERVICE,
        /** The connection carries all it may. */
        FULL,
        /** The master went away. */
        GONE
    }

    private final Why why;
    private final boolean inputIntact;
    private boolean onOwnMaster;

    SessionNotOpenedException(String message, Why why, boolean inputIntact) {
        super(message);
        this.why = why;
        this.inputIntact = inputIntact;
    }

    /** What stood in the way. */
    public Why why() {
        return why;
    }

    /** Whether the master was started by this process, so that no other can have left sessions on it. */
    public boolean onOwnMaster() {
        return onOwnMaster;
    }

    /** The same, on a master that this process started. */
    public SessionNotOpenedException asOnOwnMaster() {
        SessionNotOpenedException same = new SessionNotOpenedException(String.valueOf(getMessage()), why, inputIntact);
        same.onOwnMaster = true;
        return same;
    }

    /** Whether the command may be run elsewhere as it is: nothing was taken from a stream that cannot be read twice. */
    public boolean inputIntact() {
        return inputIntact;
    }
}
