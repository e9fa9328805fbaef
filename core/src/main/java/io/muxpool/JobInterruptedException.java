package io.muxpool;

/**
 * The calling thread was interrupted. Whoever throws this has set the thread's interrupt flag again, so that the code
 * above sees it.
 */
public final class JobInterruptedException extends JobException {
    private static final long serialVersionUID = 1L;

    /** @param doing what was being done, as a clause after "while" */
    public JobInterruptedException(String doing, boolean commandStarted, PartialOutput partialOutput, Throwable cause) {
        super("interrupted while " + doing, commandStarted, partialOutput, cause);
    }
}
