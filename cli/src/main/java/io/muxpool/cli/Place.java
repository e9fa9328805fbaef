package io.muxpool.cli;

import java.util.List;
import java.util.regex.Pattern;

/**
 * {@code user@host:path}, as scp has it, or many hosts: {@code web[01-99]:path}.
 *
 * @param host with its user, if one is given; or a node set
 * @param path empty for the home directory
 */
record Place(String host, String path) {
    private static final Pattern BRACKETS = Pattern.compile("\\[[^\\]]*\\]");
    private static final Pattern ADDRESS = Pattern.compile("([^\\[\\]]*@)?\\[([^\\[\\],]*:[^\\[\\],]*)\\]");
    // What makes a node set of a name, and is in the name of no host.
    private static final Pattern SET = Pattern.compile("[\\[\\],!\\s]");

    /** @throws IllegalArgumentException when it is no such thing */
    static Place parse(String word) {
        int colon = separator(word);
        if (colon < 1
                || BRACKETS.matcher(word.substring(0, colon)).replaceAll("").contains("/")) {
            throw new IllegalArgumentException(
                    "a remote file is written user@host:path, and this is not: \"" + word + "\"");
        }
        String host = word.substring(0, colon);
        // An IPv6 address is full of colons: it needs brackets, and they are none of it.
        return new Place(ADDRESS.matcher(host).replaceFirst("$1$2"), text(word.substring(colon + 1)));
    }

    /** The first colon outside of brackets; one that is never closed is for whoever reads the node set to complain of. */
    private static int separator(String word) {
        boolean inside = false;
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            inside = c == '[' || (inside && c != ']');
            if (c == ':' && !inside) {
                return i;
            }
        }
        return word.indexOf(':');
    }

    /** Whether it is many hosts, or may be: the form decides, not how many there are. */
    boolean isSet() {
        return SET.matcher(host).find();
    }

    /**
     * All of its hosts.
     *
     * @throws IllegalArgumentException when they are a malformed node set, or name a host twice
     */
    List<String> hosts() {
        return isSet() ? CopyHosts.of(host) : List.of(host);
    }

    /** What Java makes of bytes that are no text here would name another file. */
    static String text(String path) {
        if (path.indexOf('\ufffd') >= 0) {
            throw new IllegalArgumentException("a name is not UTF-8 text, and cannot be given: \"" + path + "\"");
        }
        return path;
    }
}
