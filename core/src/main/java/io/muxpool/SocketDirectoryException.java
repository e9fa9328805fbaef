package io.muxpool;

import org.jspecify.annotations.Nullable;

/**
 * The socket directory cannot be used safely, or at all: wrong owner or mode, a symbolic link, a path too long for a
 * socket, a full or read-only disk. Nothing was started and nothing was changed; the message says what was found, what
 * is needed and how to get there.
 */
public final class SocketDirectoryException extends NotStartedException {
    private static final long serialVersionUID = 1L;

    /** @param message what was found, what is needed and the remedy */
    public SocketDirectoryException(String message, @Nullable Throwable cause) {
        super(message, false, cause);
    }
}
