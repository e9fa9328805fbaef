package io.muxpool;

import org.jspecify.annotations.Nullable;

/**
 * The command was not started, certainly: nothing of it ran anywhere. What a later try could cure (a connection, a limit of this process) is
 * {@link #retrySafe()}; what only the user can (a missing program, an unsafe directory) is not.
 */
public sealed class NotStartedException extends SshException
        permits SshConnectException, SocketDirectoryException, LocalLimitException {
    private static final long serialVersionUID = 1L;

    /** @param retrySafe whether trying again without a change elsewhere makes sense */
    public NotStartedException(String message, boolean retrySafe, @Nullable Throwable cause) {
        super(message, retrySafe, cause);
    }
}
