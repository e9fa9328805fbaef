package io.muxpool;

import java.time.Duration;

/**
 * The job's deadline passed. Remedy: give the job more time, or find out what was slow: the message names the step.
 */
public final class JobTimeoutException extends JobException {
    private static final long serialVersionUID = 1L;

    private final Duration timeout;

    /**
     * @param timeout the timeout the job was created with, not what was left of it
     * @param doing what was being done, as a clause after "while"
     * @param ending of the command, if there was one
     */
    public JobTimeoutException(Duration timeout, String doing, Ending ending, PartialOutput partialOutput) {
        super("timed out after " + Durations.format(timeout) + " while " + doing, ending, partialOutput, null);
        this.timeout = timeout;
    }

    /** The timeout the job was created with. */
    public Duration timeout() {
        return timeout;
    }
}
