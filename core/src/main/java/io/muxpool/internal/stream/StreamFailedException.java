package io.muxpool.internal.stream;

import io.muxpool.PartialOutput;

/**
 * A stream that the caller gave to a command threw, so the command was killed rather than left with half of its input or
 * without a place for its output.
 */
public final class StreamFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient PartialOutput partialOutput;

    /** @param message which stream, and what it threw */
    public StreamFailedException(String message, PartialOutput partialOutput, Throwable cause) {
        super(message, cause);
        this.partialOutput = partialOutput;
    }

    /** What had been captured until then. */
    public PartialOutput partialOutput() {
        return partialOutput;
    }
}
