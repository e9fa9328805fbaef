package io.muxpool.cli;

/**
 * {@code user@host:path}, as scp has it.
 *
 * @param host with its user, if one is given
 * @param path empty for the home directory
 */
record Place(String host, String path) {
    /** @throws IllegalArgumentException when it is no such thing */
    static Place parse(String word) {
        // An IPv6 address is full of colons: it needs brackets.
        int bracket = word.indexOf("]:");
        int colon = bracket >= 0 ? bracket + 1 : word.indexOf(':');
        if (colon < 1 || word.substring(0, colon).contains("/")) {
            throw new IllegalArgumentException(
                    "a remote file is written user@host:path, and this is not: \"" + word + "\"");
        }
        String host = word.substring(0, colon);
        return new Place(bracket >= 0 ? host.replace("[", "").replace("]", "") : host, text(word.substring(colon + 1)));
    }

    /** What Java makes of bytes that are no text here would name another file. */
    static String text(String path) {
        if (path.indexOf('\ufffd') >= 0) {
            throw new IllegalArgumentException("a name is not UTF-8 text, and cannot be given: \"" + path + "\"");
        }
        return path;
    }
}
