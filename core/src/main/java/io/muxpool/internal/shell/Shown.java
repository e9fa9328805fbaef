package io.muxpool.internal.shell;

import io.muxpool.ShellQuote;

/** Writes words as people write them: for messages and logs. */
public final class Shown {
    private Shown() {}

    /** The words in one line that a POSIX shell splits into exactly these words, with no more quotes than it needs. */
    public static String line(Iterable<String> words) {
        StringBuilder line = new StringBuilder();
        for (String word : words) {
            if (line.length() > 0) {
                line.append(' ');
            }
            line.append(needsNoQuotes(word) ? word : ShellQuote.single(word));
        }
        return line.toString();
    }

    private static boolean needsNoQuotes(String word) {
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            boolean plain = "_@%+:,./-".indexOf(c) >= 0 || (c == '=' && i > 0);
            if (!plain && !Quoting.isBare(word.substring(i, i + 1))) {
                return false;
            }
        }
        return !word.isEmpty();
    }
}
