package io.muxpool.copy;

/** Hears how far a copy is. */
@FunctionalInterface
public interface ProgressListener {
    /**
     * Called in the thread that copies: some ten times a second while bytes arrive, and once at the end, when all have.
     * What it throws ends the copy.
     *
     * @param done bytes that have arrived, those of an earlier try that were found right among them
     * @param total the file's size, in bytes
     */
    void progress(long done, long total);
}
