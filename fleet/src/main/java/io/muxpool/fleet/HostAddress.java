package io.muxpool.fleet;

import io.muxpool.Remote;
import java.util.OptionalInt;

/**
 * A host of a list with the port that may stand behind it, in the forms that people keep in their lists. Immutable.
 *
 * <pre>
 *   web1   alice@web1   2001:db8::1                   as ssh takes them
 *   web1:2222   alice@web1:2222   [2001:db8::1]:22
 *   ssh://alice@web1:2222   ssh://[2001:db8::1]
 * </pre>
 *
 * @param userHost as {@link Remote#builder(String)} takes it
 * @param port empty where the text names none, and the ssh configuration decides
 */
public record HostAddress(String userHost, OptionalInt port) {
    private static final String SCHEME = "ssh://";
    private static final int LAST_PORT = 65535;

    /**
     * Reads one.
     *
     * @throws NodeSetException pointing at the character that is wrong
     */
    public static HostAddress parse(String text) {
        int scheme = text.indexOf("://");
        if (scheme >= 0 && !text.startsWith(SCHEME)) {
            throw new NodeSetException(text, 0, "a host, or ssh://, is expected");
        }
        int start = scheme < 0 ? 0 : SCHEME.length();
        int end = scheme >= 0 && text.endsWith("/") && text.length() > start ? text.length() - 1 : text.length();
        int slash = text.indexOf('/', start);
        if (scheme >= 0 && slash >= 0 && slash < end) {
            throw new NodeSetException(text, slash, "a host has no path");
        }
        int host = Math.max(start, text.lastIndexOf('@', end - 1) + 1);
        if (host >= end) {
            throw new NodeSetException(text, end, "a host is missing");
        }
        String user = text.substring(start, host);
        if (text.charAt(host) == '[') {
            return bracketed(text, user, host, end);
        }
        int colon = text.indexOf(':', host);
        if (colon < 0 || colon >= end) {
            return new HostAddress(text.substring(start, end), OptionalInt.empty());
        }
        int second = text.indexOf(':', colon + 1);
        if (second < 0 || second >= end) {
            if (colon == host) {
                throw new NodeSetException(text, host, "a host is missing before the colon");
            }
            return new HostAddress(user + text.substring(host, colon), port(text, colon + 1, end));
        }
        if (scheme >= 0) {
            throw new NodeSetException(text, second, "an IPv6 address stands in brackets here");
        }
        requireAddress(text, host, end);
        return new HostAddress(text, OptionalInt.empty());
    }

    private static HostAddress bracketed(String text, String user, int open, int end) {
        int close = text.indexOf(']', open);
        if (close < 0 || close >= end) {
            throw new NodeSetException(text, open, "this bracket is never closed");
        }
        requireAddress(text, open + 1, close);
        String userHost = user + text.substring(open + 1, close);
        if (close + 1 == end) {
            return new HostAddress(userHost, OptionalInt.empty());
        }
        if (text.charAt(close + 1) != ':') {
            throw new NodeSetException(
                    text, close + 1, "a colon and a port, or nothing, is expected behind an address");
        }
        return new HostAddress(userHost, port(text, close + 2, end));
    }

    /** Requires an address by its characters alone: ssh knows the rest. Behind a per cent sign is the name of a zone. */
    private static void requireAddress(String text, int from, int to) {
        boolean colon = false;
        for (int i = from; i < to && text.charAt(i) != '%'; i++) {
            char c = text.charAt(i);
            colon |= c == ':';
            if (c != ':' && c != '.' && Character.digit(c, 16) < 0) {
                throw new NodeSetException(
                        text, i, "an IPv6 address, or a host and one colon with a port, is expected");
            }
        }
        if (!colon) {
            throw new NodeSetException(text, from, "an IPv6 address is expected");
        }
    }

    private static OptionalInt port(String text, int from, int to) {
        if (from == to) {
            throw new NodeSetException(text, to, "a port is missing behind the colon");
        }
        int port = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                throw new NodeSetException(text, i, "a digit of a port is expected");
            }
            port = Math.min(LAST_PORT + 1, port * 10 + c - '0');
        }
        if (port < 1 || port > LAST_PORT) {
            throw new NodeSetException(text, from, "a port is a number from 1 to " + LAST_PORT);
        }
        return OptionalInt.of(port);
    }

    /** The remote of this address, with every default. */
    Remote remote() {
        Remote.Builder builder = Remote.builder(userHost);
        port.ifPresent(builder::port);
        return builder.build();
    }
}
