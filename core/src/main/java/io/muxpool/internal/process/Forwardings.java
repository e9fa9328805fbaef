package io.muxpool.internal.process;

import io.muxpool.Remote;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Port forwardings of the user's configuration, which are meant for the user's own logins. A master would hold their ports,
 * or fail on those that another login holds (ExitOnForwardFailure). The agent and X11 are not among them.
 */
public final class Forwardings {
    /** A caller who gives one as an option of ssh wants it. */
    private static final Pattern ASKED_FOR =
            Pattern.compile("-[46AaCfGgKkMNnqsTtVvXxYy]*[LRDw].*|(?i:-?o?\\s*(local|remote|dynamic)forward\\b.*)");

    private Forwardings() {}

    /** The words that leave them out, to be put behind the caller's: of two values ssh takes the first. */
    public static List<String> cleared(Remote remote) {
        boolean asked = remote.extraOptions().stream()
                .anyMatch(word -> ASKED_FOR.matcher(word).matches());
        return asked ? List.of() : List.of("-oClearAllForwardings=yes");
    }
}
