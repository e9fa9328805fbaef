package io.muxpool;

import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Objects;

/** Where one of a command's output streams goes. */
public sealed interface Output {
    /** The most that one array can hold: what {@link #capture()} captures. */
    int MAX_CAPTURE = Integer.MAX_VALUE - 8;

    /** Into the result, all of it, as far as the heap and an array's size allow. The default. */
    static Output capture() {
        return new Capture(MAX_CAPTURE);
    }

    /**
     * Into the result, the first {@code limit} bytes. The rest is read and dropped, so that the command never stalls, and
     * the result says so: {@link CommandResult#stdoutTruncated()}.
     *
     * @throws IllegalArgumentException when negative
     */
    static Output capture(int limit) {
        return new Capture(limit);
    }

    /** Nowhere. */
    static Output discard() {
        return Discard.DISCARD;
    }

    /** This process's own stream of the same kind. */
    static Output inherit() {
        return Inherit.INHERIT;
    }

    /** Into a file, created or emptied first; written by the child itself. */
    static Output file(Path path) {
        return new ToFile(path, false);
    }

    /** To the end of a file, created when missing; written by the child itself. */
    static Output appendTo(Path path) {
        return new ToFile(path, true);
    }

    /**
     * Into a stream, by a thread of this library, which flushes it at the end and does not close it. A stream that blocks
     * holds the command back. A stream that throws gives the command up: {@link OutcomeUnknownException}.
     */
    static Output stream(OutputStream stream) {
        return new ToStream(stream);
    }

    /** See {@link Output#capture(int)}. */
    record Capture(int limit) implements Output {
        /** Requires a limit of 0 or more. */
        public Capture {
            if (limit < 0) {
                throw new IllegalArgumentException("the capture limit must not be negative: " + limit);
            }
        }
    }

    /** See {@link Output#discard()}. */
    enum Discard implements Output {
        /** The only one. */
        DISCARD
    }

    /** See {@link Output#inherit()}. */
    enum Inherit implements Output {
        /** The only one. */
        INHERIT
    }

    /** See {@link Output#file} and {@link Output#appendTo}. */
    record ToFile(Path path, boolean append) implements Output {
        /** Requires a path. */
        public ToFile {
            Objects.requireNonNull(path);
        }
    }

    /** See {@link Output#stream}. */
    record ToStream(OutputStream stream) implements Output {
        /** Requires a stream. */
        public ToStream {
            Objects.requireNonNull(stream);
        }
    }
}
