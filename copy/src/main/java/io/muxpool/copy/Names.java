package io.muxpool.copy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Names of files on both sides. */
final class Names {
    // NAME_MAX of every system there is.
    private static final int MOST_BYTES = 255;
    private static final String MARK = ".part-";
    private static final int TAG_BYTES = 9;
    private static final int VERSION_BYTES = 6;

    /** Characters at the end of a part's name that tell versions of one copy from each other. */
    static final int VERSION_LENGTH = 8;

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
     *
     * @param copy what the parts of all versions have in common
     */
    static String part(String name, List<?> copy, Object... version) {
        MessageDigest digest = LocalSum.sha256();
        copy.forEach(word -> add(digest, word));
        String tag = MARK + tag(digest.digest(), TAG_BYTES);
        for (Object word : version) {
            add(digest, word);
        }
        add(digest, tag);
        String end = tag + tag(digest.digest(), VERSION_BYTES);
        int room = MOST_BYTES - end.length();
        StringBuilder kept = new StringBuilder();
        int used = 0;
        for (int c : name.codePoints().toArray()) {
            used += Character.toString(c).getBytes(UTF_8).length;
            if (used > room) {
                break;
            }
            kept.appendCodePoint(c);
        }
        return kept + end;
    }

    private static void add(MessageDigest digest, Object word) {
        digest.update(String.valueOf(word).getBytes(UTF_8));
        digest.update((byte) 0);
    }

    private static String tag(byte[] digest, int bytes) {
        return Base64.getUrlEncoder().encodeToString(Arrays.copyOf(digest, bytes));
    }

    /** What the names of the parts of all versions of a copy begin with. */
    static String versions(String part) {
        return part.substring(0, part.length() - VERSION_LENGTH);
    }

    /** Whether a remote path holds what {@link Glob} gives a meaning to. */
    static boolean isPattern(String path) {
        return path.chars().anyMatch(c -> c == '*' || c == '?' || c == '[');
    }

    /** As a message shows it. */
    static String printable(String path) {
        StringBuilder line = new StringBuilder();
        path.codePoints().forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return line.toString();
    }
}
