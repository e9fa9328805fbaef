package io.muxpool;

import io.muxpool.internal.shell.Quoting;

/**
 * Quoting for a shell. Pure and thread-safe.
 *
 * <p>{@link #single} and {@link #line} write words that bash, dash, zsh, ksh93, mksh, BusyBox ash, yash, posh and fish read
 * back unchanged, through any number of {@code sh -c} levels, quoted once for each. csh and tcsh do so for words without a
 * line end; rc, elvish, xonsh and others read them in another way. {@link Command#of} writes its words for the login shell
 * that will read them, and needs none of this.
 */
public final class ShellQuote {
    private ShellQuote() {}

    /**
     * Makes one shell word of {@code s} that expands to exactly {@code s}. It is left bare when it is wholly of ASCII
     * letters, digits and {@code _./-}. Otherwise it is put in single quotes, except that each single quote, backslash and
     * exclamation mark stands outside of them, behind a backslash.
     *
     * @throws IllegalArgumentException when {@code s} holds NUL, which no argument can carry
     */
    public static String single(String s) {
        requireNoNul(s);
        if (Quoting.isBare(s)) {
            return s;
        }
        StringBuilder quoted = new StringBuilder(s.length() + 8);
        Quoting.append(quoted, s, LoginShell.POSIX);
        return quoted.toString();
    }

    /**
     * Puts {@code s} in double quotes, with a backslash before each backslash, double quote, dollar and backtick. For POSIX
     * shells only.
     *
     * @throws IllegalArgumentException when {@code s} holds NUL
     */
    public static String doubled(String s) {
        requireNoNul(s);
        StringBuilder quoted = new StringBuilder(s.length() + 8).append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c == '\\' || c == '"' || c == '$' || c == '`') {
                quoted.append('\\');
            }
            quoted.append(c);
        }
        return quoted.append('"').toString();
    }

    /** Each word through {@link #single}, joined by blanks: a line that a shell splits into exactly these words. */
    public static String line(Iterable<String> words) {
        StringBuilder line = new StringBuilder();
        for (String word : words) {
            if (line.length() > 0) {
                line.append(' ');
            }
            line.append(single(word));
        }
        return line.toString();
    }

    private static void requireNoNul(String s) {
        int at = s.indexOf('\0');
        if (at >= 0) {
            throw new IllegalArgumentException(
                    "an argument cannot hold NUL, but this one does at index " + at + ": " + s.replace("\0", "\\0"));
        }
    }
}
