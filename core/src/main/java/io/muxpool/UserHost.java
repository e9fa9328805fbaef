package io.muxpool;

import io.muxpool.internal.text.Printable;

/** The rule for {@code user@host}: what may stand on ssh's command line without meaning anything else there. */
final class UserHost {
    private UserHost() {}

    private static final String FORBIDDEN = "\"'`~!#$%^&*()+={}[]|;<>?,\\/";

    /** @throws IllegalArgumentException naming the rule that was broken and the value */
    static String validate(String value) {
        require(!value.isEmpty(), "must not be empty", value);
        require(!value.startsWith("-"), "must not start with '-', which ssh would take for an option", value);
        int at = value.indexOf('@');
        require(at == value.lastIndexOf('@'), "must not hold more than one '@'", value);
        require(at != 0, "must not have an empty user", value);
        String host = value.substring(at + 1);
        require(!host.isEmpty(), "must not have an empty host", value);
        require(!host.startsWith("-"), "must not have a host that starts with '-'", value);
        require(!value.contains(".."), "must not hold '..'", value);
        value.codePoints().forEach(c -> {
            require(!isSpaceOrControl(c), "must not hold white space, control characters or NUL", value);
            require(FORBIDDEN.indexOf(c) < 0, "must not hold any of " + FORBIDDEN, value);
        });
        return value;
    }

    private static boolean isSpaceOrControl(int c) {
        return Character.isISOControl(c)
                || Character.isWhitespace(c)
                || Character.isSpaceChar(c)
                // Invisible but not white space to Java: format characters (zero width space, bidi marks) and halves of
                // pairs.
                || Character.getType(c) == Character.FORMAT
                || Character.getType(c) == Character.SURROGATE;
    }

    private static void require(boolean holds, String rule, String value) {
        if (!holds) {
            throw new IllegalArgumentException("user@host " + rule + ": \"" + Printable.of(value) + "\"");
        }
    }
}
