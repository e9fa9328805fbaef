package io.muxpool.internal.shell;

import io.muxpool.LoginShell;

/** Writes one word so that a login shell reads it back unchanged. What each shell needs was tried: ShellWordsTest. */
public final class Quoting {
    private Quoting() {}

    /** Whether the word may stand without quotes in every login shell, anywhere but as the name of a program. */
    public static boolean isBare(String word) {
        int length = word.length();
        for (int i = 0; i < length; i++) {
            if (!isSafe(word.charAt(i))) {
                return false;
            }
        }
        return length > 0;
    }

    private static boolean isSafe(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= '-' && c <= '9') // - . / and the digits
                || (c >= 'A' && c <= 'Z')
                || c == '_';
    }

    /**
     * Whether plain single quotes around the text are not enough for every login shell.
     *
     * <ul>
     *   <li>single quote, backslash: fish, rc and elvish read them unlike the others
     *   <li>exclamation mark, line end: csh and tcsh
     *   <li>dollar sign, backquote: sash; dollar sign, tilde: xonsh
     *   <li>U+0001: rc of Plan 9
     *   <li>{@code " % & < > ^ |}: cmd.exe, to which single quotes mean nothing
     *   <li>U+2018 to U+201B: PowerShell takes these quotation marks for single quotes
     * </ul>
     */
    public static boolean dependsOnShell(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isSafe(c) && isRead(c)) {
                return true;
            }
        }
        return text.length() > LONGEST_ANYWHERE;
    }

    /** csh takes no longer word: 8185 bytes were measured, and three bytes are the most that a char can take. */
    private static final int LONGEST_ANYWHERE = 8000 / 3;

    private static boolean isRead(char c) {
        return switch (c) {
            case '\'', '\\', '!', '\n', '$', '`', '\u0001', '~', '"', '%', '&', '<', '>', '^', '|' -> true;
            default -> c >= '\u2018' && c <= '\u201b';
        };
    }

    /** Appends the word, bare where that is safe, else in the quotes of the shell. UNKNOWN and OTHER count as POSIX. */
    public static void append(StringBuilder line, String word, LoginShell shell) {
        if (isBare(word)) {
            line.append(word);
        } else {
            appendQuoted(line, word, shell);
        }
    }

    /** As {@link #append}, never bare. */
    static void appendQuoted(StringBuilder line, String word, LoginShell shell) {
        switch (shell) {
            case RC, ELVISH -> appendDoubling(line, word);
            default -> appendSplit(line, word, shell == LoginShell.CSH);
        }
    }

    /** {@code it's} becomes {@code 'it''s'}. */
    private static void appendDoubling(StringBuilder line, String word) {
        line.append('\'');
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c == '\'') {
                line.append('\'');
            }
            line.append(c);
        }
        line.append('\'');
    }

    /**
     * {@code it's} becomes {@code 'it'\''s'}: the quote, the backslash and the exclamation mark stand outside of the
     * quotes, each behind a backslash, where all of these shells agree on their meaning.
     *
     * @param csh whether a line end needs a backslash inside of the quotes
     */
    private static void appendSplit(StringBuilder line, String word, boolean csh) {
        boolean inside = false;
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            boolean outside = c == '\'' || c == '\\' || c == '!';
            if (outside == inside) {
                line.append('\'');
                inside = !inside;
            }
            if (outside || (csh && c == '\n')) {
                line.append('\\');
            }
            line.append(c);
        }
        if (inside) {
            line.append('\'');
        } else if (word.isEmpty()) {
            line.append("''");
        }
    }
}
