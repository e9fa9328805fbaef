package io.muxpool;

import org.jspecify.annotations.Nullable;

/**
 * No connection, or no session on it, so the command was not started. The message holds ssh's own words and its command
 * line. Safe to retry. Remedy: run that line by hand, or raise verbosity with {@link Remote.Builder#verbose(boolean)}.
 */
public final class SshConnectException extends NotStartedException {
    private static final long serialVersionUID = 1L;

    /** A failed connect, safe to retry. */
    public SshConnectException(String message, @Nullable Throwable cause) {
        super(message, true, cause);
    }
}
