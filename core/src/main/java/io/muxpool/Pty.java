package io.muxpool;

import io.muxpool.internal.text.Printable;

/**
 * A terminal on the other side for a command that wants one. Both outputs of the command then arrive on standard output,
 * newlines as CR LF; a terminal has no end of input either: send what ends it there, usually byte 4 (control-D).
 *
 * @param term the terminal's type, as in {@code TERM}: printable ASCII without spaces
 * @param columns its width in characters, 1 to 65535
 * @param rows its height in characters, 1 to 65535
 */
public record Pty(String term, int columns, int rows) {
    /** The type of {@link #of}: what terminals of today understand. */
    public static final String DEFAULT_TERM = "xterm-256color";

    private static final int LARGEST = 65535;

    /** @throws IllegalArgumentException naming the rule and the value */
    public Pty {
        if (term.isEmpty() || !term.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException("a terminal's type must be printable ASCII without spaces, not empty: \""
                    + Printable.of(term) + "\"");
        }
        requireSize("columns", columns);
        requireSize("rows", rows);
    }

    /** A terminal of the type {@link #DEFAULT_TERM}. */
    public static Pty of(int columns, int rows) {
        return new Pty(DEFAULT_TERM, columns, rows);
    }

    private static void requireSize(String name, int value) {
        if (value < 1 || value > LARGEST) {
            throw new IllegalArgumentException("a terminal's " + name + " must be 1 to " + LARGEST + ": " + value);
        }
    }
}
