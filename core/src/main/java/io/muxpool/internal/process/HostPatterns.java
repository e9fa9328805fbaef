package io.muxpool.internal.process;

import java.util.List;
import java.util.regex.Pattern;

/** The patterns of ssh_config's Host lines, matched as ssh does. */
final class HostPatterns {
    /** No quotes, no comment behind it, nothing but characters of names and wildcards. */
    private static final Pattern SIMPLE = Pattern.compile("[A-Za-z0-9._:*?!@ \\t-]*");

    private HostPatterns() {}

    /** Whether the patterns are in a form that this class reads. */
    static boolean areSimple(String patterns) {
        return SIMPLE.matcher(patterns).matches();
    }

    /** Whether the line is for the host: some pattern matches, and none that stands behind an exclamation mark. */
    static boolean match(String patterns, String host) {
        boolean found = false;
        for (String pattern : patterns.strip().split("[ \\t]+", -1)) {
            if (pattern.startsWith("!")) {
                if (matches(pattern.substring(1), host)) {
                    return false;
                }
            } else {
                found |= matches(pattern, host);
            }
        }
        return found;
    }

    /** Which of the lines are for the host, as text: hosts with the same text get the same configuration. */
    static String signature(List<String> lines, String host) {
        StringBuilder signature = new StringBuilder(lines.size());
        lines.forEach(line -> signature.append(match(line, host) ? '1' : '0'));
        return signature.toString();
    }

    /** As ssh's match_pattern: a star for any characters, a question mark for one, the rest literally. */
    private static boolean matches(String pattern, String text) {
        // The last star that was passed, and where in the text its match may be extended.
        int star = -1;
        int retry = 0;
        int p = 0;
        int t = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                retry = t;
            } else if (p < pattern.length() && (pattern.charAt(p) == '?' || pattern.charAt(p) == text.charAt(t))) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++retry;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
