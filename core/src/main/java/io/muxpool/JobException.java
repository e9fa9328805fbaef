package io.muxpool;

import io.muxpool.Ending.Fate;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Job} ended before its command did: its deadline passed, it was cancelled, or its thread was interrupted.
 *
 * <p>Local children are dead when this is thrown. A <em>remote</em> command that was already started may live on: {@link
 * #ending()} says what is known. These are never retried by a {@link RetryPolicy}.
 */
public abstract sealed class JobException extends RuntimeException
        permits JobTimeoutException, JobCancelledException, JobInterruptedException {
    private static final long serialVersionUID = 1L;

    private final Ending ending;
    private final transient PartialOutput partialOutput;

    JobException(String message, Ending ending, PartialOutput partialOutput, @Nullable Throwable cause) {
        super(ending.fate() == Fate.NOT_STARTED ? message : message + " (" + ending + ")", cause);
        this.ending = ending;
        this.partialOutput = Objects.requireNonNull(partialOutput);
    }

    /** What is known of the command, such as not started or confirmed dead; the message says it, too. */
    public Ending ending() {
        return ending;
    }

    /** False when it is certain that no command was started; true when one was, or may have been. */
    public boolean commandStarted() {
        return ending.fate() != Fate.NOT_STARTED;
    }

    /** What the command had written up to then, as far as it was to be captured. */
    public PartialOutput partialOutput() {
        return partialOutput;
    }
}
