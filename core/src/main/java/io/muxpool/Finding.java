package io.muxpool;

/**
 * What one check of the {@link Doctor} found.
 *
 * @param check what was looked at
 * @param found what was found, in plain words
 * @param remedy what to do; empty when nothing is
 */
public record Finding(String check, Verdict verdict, String found, String remedy) {
    /** How a check went. */
    public enum Verdict {
        /** As it should be. */
        OK,
        /** Works, but could be better. */
        NOTE,
        /** Has to be mended. */
        PROBLEM,
        /** Not looked at, because of an earlier problem. */
        SKIPPED
    }
}
