package io.muxpool.copy;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a shell finds beside a part: parts of other versions of the same copy, and what a target has that SFTP does not
 * tell of. On its way the shell gives the part the access control list and the extended attributes of the target, where its
 * {@code cp} can.
 *
 * @param parts the ends of the names of other parts
 * @param names how many names (hard links) the target has; 0 when there is no target, or that is not known
 * @param listLost whether the target has an access control list, and the part does not
 */
record Beside(List<String> parts, int names, boolean listLost) {
    static final Beside NOTHING = new Beside(List.of(), 0, false);

    // $1 a part, $2 what the names of all its versions begin with, or nothing; $3 the target, or nothing.
    static final String SCRIPT = """
            beside() {
              [ -z "$2" ] || for f in "$2"*; do
                [ "$f" = "$1" ] || [ ! -f "$f" ] || printf 'part %s\\n' "${f#"$2"}"
              done
              [ -z "$3" ] || [ ! -f "$3" ] || {
                cp --attributes-only --preserve=mode,xattr "$3" "$1" 2>/dev/null
                LC_ALL=C ls -ldn "$3" | { read -r mode links rest; echo "target $mode $links"; }
                LC_ALL=C ls -ldn "$1" | { read -r mode links rest; echo "copy $mode $links"; }
              }
            }
            """;

    /** By itself, as {@link RemoteSum} reads it. */
    static final String ALONE = SCRIPT + "echo; echo ready\nbeside \"$@\"";

    private static final Pattern PART = Pattern.compile("part ([A-Za-z0-9_-]{" + Names.VERSION_LENGTH + "})");
    private static final Pattern LISTED = Pattern.compile("(target|copy) -([rwxsStT-]{9})(\\+?)[.@]? ([0-9]+)");

    /**
     * The words for the script.
     *
     * @param target whose place the part is to take; empty when there is none
     */
    static List<String> words(String part, String target) {
        return List.of(part, Names.versions(part), target);
    }

    /** Reads what the script has printed, with anything else between. */
    static Beside of(List<String> lines) {
        List<String> parts = lines.stream()
                .map(PART::matcher)
                .filter(Matcher::matches)
                .map(match -> match.group(1))
                .toList();
        int names = 0;
        boolean listed = false;
        boolean kept = false;
        for (String line : lines) {
            Matcher match = LISTED.matcher(line);
            if (!match.matches()) {
                continue;
            }
            boolean list = !match.group(3).isEmpty();
            if (match.group(1).equals("target")) {
                listed = list;
                names = Integer.parseInt(
                        match.group(4).substring(0, Math.min(9, match.group(4).length())));
            } else {
                kept = list;
            }
        }
        return new Beside(parts, names, listed && !kept);
    }
}
