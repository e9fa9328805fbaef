package io.muxpool;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/** Where a command's standard input comes from. */
public sealed interface Input {
    /** Nothing: end of file at once. The default. */
    static Input none() {
        return None.NONE;
    }

    /** These bytes, then end of file. The array is copied. */
    static Input bytes(byte[] bytes) {
        return new Bytes(bytes.clone());
    }

    /** The content of a file, read by the child itself. */
    static Input file(Path path) {
        return new FromFile(path);
    }

    /**
     * All of a stream, read by a thread of this library until its end or the command's. Not closed, and not to be used
     * for anything else afterwards: the thread may have read ahead, and may still be blocked in it.
     *
     * <p>A stream that throws gives the command up: {@link OutcomeUnknownException}. A <em>remote</em> command then sees
     * the end of its input like any other, as it does when its job ends first: ssh has no way to say that there should
     * have been more. What must not take a part for the whole needs a length or a checksum in the data.
     */
    static Input stream(InputStream stream) {
        return new FromStream(stream);
    }

    /** This process's own standard input. */
    static Input inherit() {
        return Inherit.INHERIT;
    }

    /** See {@link Input#none()}. */
    enum None implements Input {
        /** The only one. */
        NONE
    }

    /** See {@link Input#inherit()}. */
    enum Inherit implements Input {
        /** The only one. */
        INHERIT
    }

    /** See {@link Input#bytes}. */
    final class Bytes implements Input {
        private final byte[] bytes;

        private Bytes(byte[] bytes) {
            this.bytes = bytes;
        }

        /** A copy of the bytes. */
        public byte[] bytes() {
            return bytes.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Bytes that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        @Override
        public String toString() {
            return "Bytes[" + bytes.length + "]";
        }
    }

    /** See {@link Input#file}. */
    record FromFile(Path path) implements Input {
        /** Requires a path. */
        public FromFile {
            Objects.requireNonNull(path);
        }
    }

    /** See {@link Input#stream}. */
    record FromStream(InputStream stream) implements Input {
        /** Requires a stream. */
        public FromStream {
            Objects.requireNonNull(stream);
        }
    }
}
