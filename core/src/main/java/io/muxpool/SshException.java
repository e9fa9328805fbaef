package io.muxpool;

import org.jspecify.annotations.Nullable;

/**
 * Something went wrong around a command rather than in it. The two kinds differ in the one thing a caller must know:
 * {@link NotStartedException}, the command has not run and will not; {@link OutcomeUnknownException}, it may have.
 */
public abstract sealed class SshException extends RuntimeException
        permits NotStartedException, OutcomeUnknownException {
    private static final long serialVersionUID = 1L;

    private final boolean retrySafe;

    SshException(String message, boolean retrySafe, @Nullable Throwable cause) {
        super(message, cause);
        this.retrySafe = retrySafe;
    }

    /**
     * Whether a {@link RetryPolicy} may run the same again: the command has not started <em>and</em> a later try may
     * succeed. Never true for an unknown outcome.
     */
    public final boolean retrySafe() {
        return retrySafe;
    }
}
