package io.muxpool;

import io.muxpool.internal.text.Printable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rule for {@code user@host}: what may stand on ssh's command line without meaning anything else there. */
final class UserHost {
    private UserHost() {}

    private static final String FORBIDDEN = "\"'`~!#$%^&*()={}[]|;<>?,/";

    /** An IPv6 address with the interface that it is on. */
    private static final Pattern SCOPED = Pattern.compile("[0-9a-fA-F]*:[0-9a-fA-F:.]*(%[A-Za-z0-9_.-]+)");

    private static final String WAY_ROUND =
            "; a host of another name gets an alias in the ssh configuration (Host, HostName), another user is named there"
                    + " (User) or with -o User=NAME";

    /** @throws IllegalArgumentException naming the rule that was broken and the value */
    static String validate(String value) {
        require(!value.isEmpty(), "must not be empty", value);
        require(!value.startsWith("-"), "must not start with '-', which ssh would take for an option", value);
        // As for ssh, the host begins behind the last one: users of a directory service have names with more.
        int at = value.lastIndexOf('@');
        require(at != 0, "must not have an empty user", value);
        String host = value.substring(at + 1);
        require(!host.isEmpty(), "must not have an empty host", value);
        require(!host.startsWith("-"), "must not have a host that starts with '-'", value);
        require(!value.contains(".."), "must not hold '..'", value);
        String user = at < 0 ? "" : value.substring(0, at);
        Matcher scoped = SCOPED.matcher(host);
        String plain = user + (scoped.matches() ? host.substring(0, scoped.start(1)) : host);
        plain.codePoints().forEach(c -> {
            require(!isSpaceOrControl(c), "must not hold white space, control characters or NUL", value);
            require(FORBIDDEN.indexOf(c) < 0, "must not hold any of " + FORBIDDEN, value);
        });
        require(!host.contains("\\") && !host.contains("+"), "must not have a host with a backslash or '+'", value);
        // A shell that is given %r, as by ProxyCommand, would take what comes behind it for a part of the name.
        require(
                !user.endsWith("\\") && !user.startsWith("\\"),
                "must not have a user that begins or ends with a backslash",
                value);
        require(
                !user.startsWith("@") && !user.contains("@@") && !user.endsWith("@"),
                "must not hold more than one '@' in a row",
                value);
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
            throw new IllegalArgumentException("user@host " + rule + ": \"" + Printable.of(value) + "\"" + WAY_ROUND);
        }
    }
}
