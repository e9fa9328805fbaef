package io.muxpool;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The socket directory cannot be used safely, or at all: wrong owner or mode, a symbolic link, a path too long for a
 * socket, a full or read-only disk. Nothing was started and nothing was changed; the message says what was found, what
 * is needed and how to get there.
 */
public final class SocketDirectoryException extends NotStartedException {
    private static final long serialVersionUID = 1L;

    private final @Nullable String alternative;

    /** @param message what was found, what is needed and the remedy */
    public SocketDirectoryException(String message, @Nullable Throwable cause) {
        this(message, cause, null);
    }

    /** @param alternative a directory that would be safe; null when none is known */
    public SocketDirectoryException(String message, @Nullable Throwable cause, @Nullable Path alternative) {
        super(message, false, cause);
        this.alternative = alternative == null ? null : alternative.toString();
    }

    /** Returns a directory that would be safe on this machine for this user, if one was found. */
    public Optional<Path> alternative() {
        return Optional.ofNullable(alternative).map(Path::of);
    }
}
