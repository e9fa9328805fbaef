package io.muxpool.copy;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A file was not copied. Its target is what it was before, or still missing, unless the message says otherwise: when a
 * connection is lost at the very end, whether the new file is in its place may not be known. A part is never put there, but for
 * copies that write into the target itself ({@link Copy.Builder#inPlace}). The message says what happened, to which file,
 * and what was left where.
 */
public final class CopyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final @Nullable String part;
    private final boolean retrySafe;

    CopyException(String message, @Nullable String part, boolean retrySafe, @Nullable Throwable cause) {
        super(message, cause);
        this.part = part;
        this.retrySafe = retrySafe;
    }

    /**
     * The path of what has arrived, on the target's side; the same copy goes on from there. Empty when nothing was left that
     * it can go on from.
     */
    public Optional<String> part() {
        return Optional.ofNullable(part);
    }

    /**
     * Whether the same may just be tried again: a connection was lost, or this process had no open file left. Otherwise
     * something is to be mended first.
     */
    public boolean retrySafe() {
        return retrySafe;
    }

    /** What cannot be copied as things are. */
    static CopyException refused(String message) {
        return new CopyException(message, null, false, null);
    }
}
