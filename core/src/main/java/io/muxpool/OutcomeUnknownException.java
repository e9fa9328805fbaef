package io.muxpool;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The command was sent, and how it ended is not known: the connection was lost, or one of its streams failed and it was
 * given up. It may have run wholly, partly or not at all; it may still run. Never retried by a {@link RetryPolicy}.
 * Remedy: look at what the command was to change before running it again.
 */
public final class OutcomeUnknownException extends SshException {
    private static final long serialVersionUID = 1L;

    private final transient PartialOutput partialOutput;

    /** @param message what happened, to which command */
    public OutcomeUnknownException(String message, PartialOutput partialOutput, @Nullable Throwable cause) {
        super(message, false, cause);
        this.partialOutput = Objects.requireNonNull(partialOutput);
    }

    /** What the command had written up to then, as far as it was to be captured. */
    public PartialOutput partialOutput() {
        return partialOutput;
    }
}
