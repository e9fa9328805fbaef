package io.muxpool.cli.fleet;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The colour of each host's name on a terminal, so that lines that alternate can be told apart. */
final class Colours {
    /** Green, yellow, blue, magenta and cyan, and their bright kin. Red is left to what went wrong. */
    private static final List<String> CODES = List.of("32", "33", "34", "35", "36", "92", "93", "94", "95", "96");

    private Colours() {}

    /** Whether the user wants colours on a terminal: not with {@code NO_COLOR}, nor on one that knows none. */
    static boolean areWanted(@Nullable String noColor, @Nullable String term) {
        return (noColor == null || noColor.isEmpty()) && term != null && !term.equals("dumb");
    }

    /** The text in the colour of the host with this number. */
    static String paint(int number, String text) {
        return "\u001b[" + CODES.get(number % CODES.size()) + "m" + text + "\u001b[0m";
    }
}
