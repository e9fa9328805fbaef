package io.muxpool.fleet;

/** A node set that cannot be read: what is wrong, and where. Remedy: mend it at the character that the message points at. */
public final class NodeSetException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final int position;
    private final String what;

    NodeSetException(String text, int position, String what) {
        super(message(text, position, what));
        this.position = position;
        this.what = what;
    }

    /** Three lines: what, the set, and a mark under the character. */
    private static String message(String text, int position, String what) {
        StringBuilder shown = new StringBuilder();
        int column = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            if (i < position) {
                column++;
            }
            shown.appendCodePoint(Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c);
            i += Character.charCount(c);
        }
        return what + " at character " + (column + 1) + " of the node set\n  " + shown + "\n  " + " ".repeat(column)
                + "^";
    }

    /** What is wrong, without the place. */
    String what() {
        return what;
    }

    /** Where, as an index into the text; its length when something is missing at the end. */
    public int position() {
        return position;
    }
}
