package io.muxpool.fleet;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of hosts, or a percentage of all: {@code 3}, {@code 10%}. */
record Share(int number, boolean percent) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(%?)");

    /** @throws IllegalArgumentException naming {@code what} and the value */
    static Share parse(String what, String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    what + " is a number or a percentage, such as 3 or 10%: \"" + text + "\"");
        }
        Share share =
                new Share(Integer.parseInt(matcher.group(1)), !matcher.group(2).isEmpty());
        if (share.number < 1 || (share.percent && share.number > 100)) {
            throw new IllegalArgumentException(
                    what + " must be at least 1, and at most 100 as a percentage: \"" + text + "\"");
        }
        return share;
    }

    /** At least one, at most all. */
    int of(int hosts) {
        long count = percent ? (long) number * hosts / 100 : number;
        return (int) Math.max(1, Math.min(hosts, count));
    }

    @Override
    public String toString() {
        return number + (percent ? "%" : "");
    }
}
