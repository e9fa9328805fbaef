package io.muxpool;

/**
 * The calling thread was interrupted. Whoever throws this has set the thread's interrupt flag again, so that the code
 * above sees it.
 */
public final class JobInterruptedException extends JobException {
    private static final long serialVersionUID = 1L;

    /**
     * @param doing what was being done, as a clause after "while"
     * @param ending of the command, if there was one
     */
    public JobInterruptedException(String doing, Ending ending, PartialOutput partialOutput, Throwable cause) {
        super("interrupted while " + doing, ending, partialOutput, cause);
    }
}
