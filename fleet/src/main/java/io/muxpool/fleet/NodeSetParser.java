package io.muxpool.fleet;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads a node set.
 *
 * <pre>
 *   set    = term { ("," | white space) term }     a term with ! in front takes its hosts away
 *   term   = ["!"] { text | "[" ranges "]" }       several brackets: each with each; text may be [an IPv6 address]
 *   ranges = range { "," range }
 *   range  = number [ "-" number [ "/" step ] ]    as many digits as the first number has
 * </pre>
 */
final class NodeSetParser {
    /** More is a slip of the finger, and would fill the memory. */
    private static final int MOST_HOSTS = 1_000_000;

    private static final int MOST_DIGITS = 9;

    private final String text;
    private final Set<String> repeated = new LinkedHashSet<>();
    private int at;

    NodeSetParser(String text) {
        this.text = text;
    }

    Set<String> parse() {
        Set<String> hosts = new LinkedHashSet<>();
        boolean any = false;
        while (true) {
            skipBlanks();
            if (at == text.length()) {
                if (!any) {
                    throw wrong(at, "no host");
                }
                return hosts;
            }
            if (any && text.charAt(at) == ',') {
                at++;
                skipBlanks();
                if (at == text.length()) {
                    throw wrong(at, "a host is missing behind the comma");
                }
            }
            term(hosts);
            any = true;
        }
    }

    /** What was named again, when {@link #parse} has come to the end. */
    Set<String> repeated() {
        return repeated;
    }

    private void term(Set<String> hosts) {
        int start = at;
        boolean without = text.charAt(at) == '!';
        if (without) {
            at++;
        }
        int first = at;
        List<String> names = names();
        names.forEach(name -> requireAddress(name, first));
        if (without) {
            if (hosts.isEmpty()) {
                throw wrong(start, "there is nothing yet that '!' could take away");
            }
            names.forEach(hosts::remove);
        } else {
            for (String name : names) {
                if (!hosts.add(name)) {
                    repeated.add(name);
                }
            }
            if (hosts.size() > MOST_HOSTS) {
                throw wrong(start, "more than " + MOST_HOSTS + " hosts");
            }
        }
    }

    /** Requires a host with a port, where it looks like one. */
    private void requireAddress(String name, int start) {
        if (name.indexOf(':') < 0) {
            return;
        }
        try {
            HostAddress.parse(name);
        } catch (NodeSetException e) {
            throw wrong(placeOf(e.position(), name, start), e.what());
        }
    }

    /** Where a character of a name stands in the text, which may have ranges before it or behind it. */
    private int placeOf(int position, String name, int start) {
        if (text.startsWith(name.substring(0, position), start)) {
            return start + position;
        }
        String rest = name.substring(position);
        return text.startsWith(rest, at - rest.length()) ? at - rest.length() : start;
    }

    private List<String> names() {
        int start = at;
        List<String> names = List.of("");
        while (at < text.length() && !isBlank(text.charAt(at)) && text.charAt(at) != ',') {
            char c = text.charAt(at);
            switch (c) {
                case '[' -> names = each(names, isAddress(start) ? List.of(address()) : brackets(), start);
                case ']' -> throw wrong(at, "']' without '['");
                case '!' -> throw wrong(at, "'!' within a name");
                default -> {
                    int from = at;
                    while (at < text.length() && "[]!,".indexOf(text.charAt(at)) < 0 && !isBlank(text.charAt(at))) {
                        requireVisible();
                        at++;
                    }
                    names = each(names, List.of(text.substring(from, at)), start);
                }
            }
        }
        if (at == start) {
            throw wrong(at, "a host is missing");
        }
        return names;
    }

    private List<String> each(List<String> heads, List<String> tails, int start) {
        if ((long) heads.size() * tails.size() > MOST_HOSTS) {
            throw wrong(start, "more than " + MOST_HOSTS + " hosts");
        }
        List<String> names = new ArrayList<>(heads.size() * tails.size());
        heads.forEach(head -> tails.forEach(tail -> names.add(head + tail)));
        return names;
    }

    /** Such as a byte order mark or a zero width space from another program: no name has them. */
    private void requireVisible() {
        char c = text.charAt(at);
        if (Character.getType(c) == Character.FORMAT) {
            throw wrong(at, String.format("an invisible character (U+%04X)", (int) c));
        }
    }

    /** Whether this bracket is that of an IPv6 address: it begins the host, and has a colon before its end. */
    private boolean isAddress(int start) {
        String before = text.substring(start, at);
        if (!before.isEmpty() && !before.endsWith("@") && !before.endsWith("://")) {
            return false;
        }
        int end = at + 1;
        while (end < text.length() && "],".indexOf(text.charAt(end)) < 0 && !isBlank(text.charAt(end))) {
            end++;
        }
        return text.substring(at, end).indexOf(':') >= 0;
    }

    private String address() {
        int open = at;
        int close = text.indexOf(']', at);
        if (close < 0) {
            throw wrong(open, "this bracket is never closed");
        }
        at = close + 1;
        return text.substring(open, at);
    }

    private List<String> brackets() {
        int open = at++;
        List<String> numbers = new ArrayList<>();
        while (true) {
            range(numbers, open);
            char c = at < text.length() ? text.charAt(at) : 0;
            at++;
            if (c == ']') {
                return numbers;
            }
            if (c != ',') {
                at--;
                throw at < text.length()
                        ? wrong(at, "a digit, '-', ',' or ']' is expected")
                        : wrong(open, "this bracket is never closed");
            }
        }
    }

    private void range(List<String> numbers, int open) {
        int start = at;
        String first = digits(open);
        long from = Long.parseLong(first);
        long to = from;
        long step = 1;
        if (isNext('-')) {
            at++;
            to = Long.parseLong(digits(open));
            if (isNext('/')) {
                int slash = at++;
                step = Long.parseLong(digits(open));
                if (step == 0) {
                    throw wrong(slash + 1, "a step of 0 never arrives");
                }
            }
        }
        if (to < from) {
            throw wrong(start, "a range must not go down");
        }
        if (numbers.size() + (to - from) / step >= MOST_HOSTS) {
            throw wrong(start, "more than " + MOST_HOSTS + " hosts");
        }
        for (long number = from; number <= to; number += step) {
            String bare = Long.toString(number);
            numbers.add("0".repeat(Math.max(0, first.length() - bare.length())) + bare);
        }
    }

    private boolean isNext(char c) {
        return at < text.length() && text.charAt(at) == c;
    }

    private String digits(int open) {
        int from = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == from) {
            throw at < text.length() ? wrong(at, "a number is expected") : wrong(open, "this bracket is never closed");
        }
        if (at - from > MOST_DIGITS) {
            throw wrong(from, "a number of more than " + MOST_DIGITS + " digits");
        }
        return text.substring(from, at);
    }

    private void skipBlanks() {
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
    }

    private static boolean isBlank(char c) {
        return Character.isWhitespace(c);
    }

    private NodeSetException wrong(int position, String what) {
        return new NodeSetException(text, position, what);
    }
}
