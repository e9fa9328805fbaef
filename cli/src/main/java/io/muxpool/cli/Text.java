package io.muxpool.cli;

/** Text on its way to a terminal. */
public final class Text {
    private Text() {}

    /** One line without control characters: what came from the other side must not steer the user's terminal. */
    public static String oneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c == '\n' || c == '\r') {
                line.append("; ");
            } else {
                line.appendCodePoint(Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c);
            }
        });
        return line.toString();
    }
}
