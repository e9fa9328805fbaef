package io.muxpool.internal.master;

/** No master can be kept at this path any more, and the reason why. Remedy: another path. */
public final class PathUnusableException extends Exception {
    private static final long serialVersionUID = 1L;

    PathUnusableException(String message) {
        super(message);
    }
}
