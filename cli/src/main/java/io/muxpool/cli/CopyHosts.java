package io.muxpool.cli;

import io.muxpool.fleet.NodeSet;
import io.muxpool.fleet.NodeSetException;
import java.util.List;

/** The hosts that a node set in front of a colon stands for. */
final class CopyHosts {
    private CopyHosts() {}

    /** @throws IllegalArgumentException when it is malformed, pointing at the character, empty, or names a host twice */
    static List<String> of(String set) {
        String place = "'" + Text.oneLine(set) + "'";
        NodeSet parsed = parse(set, place);
        if (parsed.size() == 0) {
            throw new IllegalArgumentException(place + ": no host is left");
        }
        if (parsed.hosts().contains(RemoteOptions.LOCAL)) {
            throw new IllegalArgumentException(place + ": '-' is this machine, which is no host of a fleet");
        }
        if (!parsed.repeated().isEmpty()) {
            throw new IllegalArgumentException(place + " names twice: " + NodeSet.of(parsed.repeated()));
        }
        return parsed.hosts();
    }

    private static NodeSet parse(String set, String place) {
        try {
            return NodeSet.parse(set);
        } catch (NodeSetException e) {
            throw new IllegalArgumentException(place + ": " + e.getMessage(), e);
        }
    }
}
