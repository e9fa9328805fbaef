package io.muxpool.internal.mux;

import org.jspecify.annotations.Nullable;

/**
 * Decides whether a server keeps channels that were opened ahead of need. dropbear does not: when any command of a
 * connection ends, it closes every other channel that runs none, and a command that is sent to such a channel at that
 * moment runs without telling its end. OpenSSH, known by its confirmations, is trusted at once. Of any other server one
 * channel is opened ahead and given to nobody, until a command has ended beside it and a later answer shows that it is
 * still open. Guarded by the lock of the sessions.
 */
final class SpareTrust {
    /** What is known of the server. */
    enum State {
        UNKNOWN,
        KEEPS,
        CLOSES
    }

    private State state = State.UNKNOWN;
    private boolean openSsh;

    // The spare under proof, whether a command has ended beside it, and who asked for a channel after that.
    private @Nullable Spare witness;
    private boolean commandEnded;
    private @Nullable Object askedAfterwards;

    State state() {
        return state;
    }

    /** Whether a command may be given a spare now. */
    boolean mayUse() {
        return state == State.KEEPS;
    }

    /**
     * An OPEN was confirmed.
     *
     * @param by who opened it
     * @param window what the server lets us send at first; sshd alone gives nothing before a command runs
     */
    void confirmed(Object by, long window) {
        if (state != State.UNKNOWN) {
            return;
        }
        openSsh = window == 0;
        if (openSsh || (witness != null && by == askedAfterwards)) {
            state = State.KEEPS;
        } else if (by instanceof Spare spare && witness == null) {
            witness = spare;
            commandEnded = false;
        }
    }

    /** A command opens a channel of its own. */
    void opening(Object by) {
        if (state == State.UNKNOWN && commandEnded && witness != null && askedAfterwards == null) {
            askedAfterwards = by;
        }
    }

    /** A command has ended. */
    void commandEnded() {
        commandEnded |= witness != null;
    }

    /**
     * A command that was given a spare had no word on its end: the server had closed the channel a moment before.
     *
     * @return whether that is news
     */
    boolean failed() {
        boolean news = !openSsh && state != State.CLOSES;
        if (news) {
            state = State.CLOSES;
        }
        return news;
    }

    /**
     * The server has closed a spare.
     *
     * @return whether that is how it treats channels without a command, which was not known before
     */
    boolean closed(Spare spare) {
        if (state != State.UNKNOWN || spare != witness) {
            return false;
        }
        state = State.CLOSES;
        return true;
    }
}
