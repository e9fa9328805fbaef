package io.muxpool.internal.text;

/** Text for messages: control characters shown as escapes, so that no value can steer a terminal or forge a log line. */
public final class Printable {
    private Printable() {}

    private static final int MOST = 300;

    /** As {@link #of}; of a long text its beginning and its length. */
    public static String brief(String text) {
        if (text.length() <= MOST) {
            return of(text);
        }
        int end = Character.isHighSurrogate(text.charAt(MOST - 1)) ? MOST - 1 : MOST;
        return of(text.substring(0, end)) + "... (" + text.length() + " characters)";
    }

    /** The text with every control and format character as an escape. */
    public static String of(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (Character.isISOControl(c)
                    || Character.getType(c) == Character.FORMAT
                    || Character.getType(c) == Character.LINE_SEPARATOR
                    || Character.getType(c) == Character.PARAGRAPH_SEPARATOR) {
                out.append(c < 0x100 ? String.format("\\x%02x", c) : String.format("\\u%04x", c));
            } else {
                out.appendCodePoint(c);
            }
        });
        return out.toString();
    }
}
