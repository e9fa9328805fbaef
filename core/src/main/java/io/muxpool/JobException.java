package io.muxpool;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Job} ended before its command did: its deadline passed, it was cancelled, or its thread was interrupted.
 *
 * <p>Local children are dead when this is thrown. A <em>remote</em> command whose session was already open may live on:
 * see {@link #commandStarted()}. These are never retried by a {@link RetryPolicy}.
 */
public abstract sealed class JobException extends RuntimeException
        permits JobTimeoutException, JobCancelledException, JobInterruptedException {
    private static final long serialVersionUID = 1L;

    private final boolean commandStarted;
    private final transient PartialOutput partialOutput;

    JobException(String message, boolean commandStarted, PartialOutput partialOutput, @Nullable Throwable cause) {
        super(message, cause);
        this.commandStarted = commandStarted;
        this.partialOutput = Objects.requireNonNull(partialOutput);
    }

    /** False when it is certain that no command was started; true when one was, or may have been. */
    public boolean commandStarted() {
        return commandStarted;
    }

    /** What the command had written up to then, as far as it was to be captured. */
    public PartialOutput partialOutput() {
        return partialOutput;
    }
}
