package io.muxpool;

import org.jspecify.annotations.Nullable;

/**
 * This process may have no more open files, or no more threads and processes, so the command was not started. The message
 * says which limit was reached and what is needed. Safe to retry: the limit is free again when other commands have ended or
 * pools are closed. Remedy: run fewer at a time, or raise the limit ({@code ulimit -n}, {@code ulimit -u}).
 */
public final class LocalLimitException extends NotStartedException {
    private static final long serialVersionUID = 1L;

    /** @param message which limit, and what is needed */
    public LocalLimitException(String message, @Nullable Throwable cause) {
        super(message, true, cause);
    }
}
