package io.muxpool.copy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;

/** Names of files on both sides. */
final class Names {
    // NAME_MAX of every system there is.
    private static final int MOST_BYTES = 255;
    private static final String MARK = ".part-";
    private static final int TAG_BYTES = 9;

    private Names() {}

    /** @throws IllegalArgumentException when it cannot be a file's name there */
    static String remote(String path) {
        if (path.indexOf('\0') >= 0 || !UTF_8.newEncoder().canEncode(path)) {
            throw new IllegalArgumentException(
                    "a remote path must not hold NUL or half a surrogate pair: \"" + printable(path) + "\"");
        }
        return path.isEmpty() ? "." : path;
    }

    /** The directory, with no slash behind it but for the root. */
    static String parent(String path) {
        int slash = withoutSlashes(path).lastIndexOf('/');
        return slash < 0 ? "." : slash == 0 ? "/" : path.substring(0, slash);
    }

    static String last(String path) {
        String plain = withoutSlashes(path);
        return plain.substring(plain.lastIndexOf('/') + 1);
    }

    static String in(String directory, String name) {
        return directory.endsWith("/") ? directory + name : directory + "/" + name;
    }

    private static String withoutSlashes(String path) {
        int end = path.length();
        while (end > 1 && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(0, end);
    }

    /**
     * The name of a part. It is the same for the same version of the same source and target, so that it is found again,
     * and another for any other: two copies that write to one part write the same bytes.
     */
    static String part(String name, Object... version) {
        MessageDigest digest = LocalSum.sha256();
        for (Object word : version) {
            digest.update(String.valueOf(word).getBytes(UTF_8));
            digest.update((byte) 0);
        }
        String tag = MARK + Base64.getUrlEncoder().encodeToString(Arrays.copyOf(digest.digest(), TAG_BYTES));
        int room = MOST_BYTES - tag.length();
        StringBuilder kept = new StringBuilder();
        int used = 0;
        for (int c : name.codePoints().toArray()) {
            used += Character.toString(c).getBytes(UTF_8).length;
            if (used > room) {
                break;
            }
            kept.appendCodePoint(c);
        }
        return kept + tag;
    }

    /** As a message shows it. */
    static String printable(String path) {
        StringBuilder line = new StringBuilder();
        path.codePoints().forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return line.toString();
    }
}
