package io.muxpool.copy;

/** A program for checksums is there, and failed: what it was to check may be spoilt, or out of its reach. */
final class NoSumException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param why as a clause */
    NoSumException(String why) {
        super(why);
    }
}
