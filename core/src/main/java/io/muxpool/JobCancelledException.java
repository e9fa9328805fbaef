package io.muxpool;

/** The job was cancelled by {@link Job#cancel()}. A cancelled job runs nothing any more: create a new one. */
public final class JobCancelledException extends JobException {
    private static final long serialVersionUID = 1L;

    /**
     * @param doing what was being done, as a clause after "while"
     * @param ending of the command, if there was one
     */
    public JobCancelledException(String doing, Ending ending, PartialOutput partialOutput) {
        super("cancelled while " + doing, ending, partialOutput, null);
    }
}
