package io.muxpool;

/**
 * Quoting for a POSIX shell. Pure and thread-safe. Through any number of {@code sh -c} levels, quoted once for each,
 * every string without NUL comes back unchanged.
 */
public final class ShellQuote {
    private ShellQuote() {}

    /**
     * Makes one shell word of {@code s} that expands to exactly {@code s}. Left bare when that is safe (letters, digits,
     * {@code _@%+:,./-}, and {@code =} but in front); otherwise in single quotes.
     *
     * @throws IllegalArgumentException when {@code s} holds NUL, which no argument can carry
     */
    public static String single(String s) {
        requireNoNul(s);
        if (isBare(s)) {
            return s;
        }
        return "'" + s.replace("'", "'\"'\"'") + "'";
    }

    /**
     * Puts {@code s} in double quotes, with a backslash before each backslash, double quote, dollar and backtick.
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

    private static boolean isBare(String s) {
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            boolean safe = (c >= 'A' && c <= 'Z')
                    || (c >= 'a' && c <= 'z')
                    || (c >= '0' && c <= '9')
                    || "_@%+:,./-".indexOf(c) >= 0
                    || (c == '=' && i > 0);
            if (!safe) {
                return false;
            }
        }
        return !s.isEmpty();
    }

    private static void requireNoNul(String s) {
        int at = s.indexOf('\0');
        if (at >= 0) {
            throw new IllegalArgumentException(
                    "an argument cannot hold NUL, but this one does at index " + at + ": " + s.replace("\0", "\\0"));
        }
    }
}
