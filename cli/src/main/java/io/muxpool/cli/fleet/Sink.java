package io.muxpool.cli.fleet;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Bytes on their way out, whatever the locale; a write that fails is an error, as on a full disk or a closed pipe. */
public final class Sink {
    private final OutputStream out;

    private Sink(OutputStream out) {
        this.out = new BufferedOutputStream(out);
    }

    /** Standard output of this process. */
    public static Sink stdout() {
        return new Sink(new FileOutputStream(FileDescriptor.out));
    }

    /** Standard error of this process. */
    public static Sink stderr() {
        return new Sink(new FileOutputStream(FileDescriptor.err));
    }

    /** Somewhere else. */
    static Sink of(OutputStream out) {
        return new Sink(out);
    }

    Sink write(byte[] bytes) {
        try {
            out.write(bytes);
            return this;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    Sink write(String text) {
        return write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Each line of it with that in front, the last with a newline behind, whether it had one or not. */
    void writeLines(String prefix, byte[] text) {
        int start = 0;
        for (int i = 0; i < text.length; i++) {
            if (text[i] == '\n') {
                line(prefix, text, start, i);
                start = i + 1;
            }
        }
        if (start < text.length) {
            line(prefix, text, start, text.length);
        }
    }

    private void line(String prefix, byte[] text, int from, int to) {
        write(prefix);
        try {
            out.write(text, from, to - from);
            out.write('\n');
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** What was written is seen now. */
    public void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static UncheckedIOException failed(IOException e) {
        return new UncheckedIOException("standard output cannot be written: " + e.getMessage(), e);
    }
}
