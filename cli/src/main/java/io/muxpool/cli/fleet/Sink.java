package io.muxpool.cli.fleet;

import io.muxpool.cli.OwnOutput;
import io.muxpool.cli.Terminal;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Bytes on their way out, whatever the locale; a write that fails is an error, as on a full disk or a closed pipe.
 *
 * <p>On a terminal, a host's control characters are shown and not obeyed: by a carriage return or an escape sequence it could
 * write lines in another host's name. Elsewhere its bytes are what they are.
 */
public final class Sink {
    private static final int DELETE = 0x7F;

    /** The first byte of U+0080 to U+00BF in UTF-8, of which those up to U+009F are control characters. */
    private static final int LATIN = 0xC2;

    private static final int LAST_CONTROL = 0x9F;

    private final OutputStream out;
    private final boolean terminal;

    private Sink(OutputStream out, boolean terminal) {
        this.out = new BufferedOutputStream(out);
        this.terminal = terminal;
    }

    /** Standard output of this process. */
    public static Sink stdout() {
        return new Sink(OwnOutput.stdout(), Terminal.isStdout());
    }

    /** Standard error of this process. */
    public static Sink stderr() {
        return new Sink(OwnOutput.stderr(), Terminal.isStderr());
    }

    /** Somewhere else. */
    static Sink of(OutputStream out) {
        return new Sink(out, false);
    }

    /** Somewhere else that is a terminal. */
    static Sink ofTerminal(OutputStream out) {
        return new Sink(out, true);
    }

    /** Whether it is a terminal. */
    boolean isTerminal() {
        return terminal;
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
            if (terminal) {
                showLine(text, from, to);
            } else {
                out.write(text, from, to - from);
            }
            out.write('\n');
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void showLine(byte[] text, int from, int to) throws IOException {
        // The newline of a terminal over there.
        int end = to > from && text[to - 1] == '\r' ? to - 1 : to;
        for (int i = from; i < end; i++) {
            int c = text[i] & 0xFF;
            int next = i + 1 < end ? text[i + 1] & 0xFF : 0;
            if ((c < ' ' && c != '\t') || c == DELETE) {
                escape(c);
            } else if (c == LATIN && next >= 0x80 && next <= LAST_CONTROL) {
                escape(next);
                i++;
            } else {
                out.write(c);
            }
        }
    }

    private void escape(int c) throws IOException {
        out.write(String.format("\\x%02x", c).getBytes(StandardCharsets.US_ASCII));
    }

    /** A line of text that a host had a say in. */
    void writeLine(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        line("", bytes, 0, bytes.length);
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
