package io.muxpool.cli.fleet;

import io.muxpool.fleet.HostOutcome;
import io.muxpool.fleet.HostResult;
import io.muxpool.fleet.NodeSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Hosts that ended the same way and said the same, byte for byte. */
record Group(List<HostResult> results) {
    private record Same(HostOutcome outcome, ByteBuffer stdout, ByteBuffer stderr) {}

    /** Of all that the command ran on: the largest first. */
    static List<Group> of(List<HostResult> results) {
        Map<Same, List<HostResult>> groups = new LinkedHashMap<>();
        for (HostResult result : results) {
            if (result.outcome().mayHaveRun()) {
                Same key =
                        new Same(result.outcome(), ByteBuffer.wrap(result.stdout()), ByteBuffer.wrap(result.stderr()));
                groups.computeIfAbsent(key, same -> new ArrayList<>()).add(result);
            }
        }
        return groups.values().stream()
                .sorted(Comparator.comparingInt((List<HostResult> group) -> -group.size()))
                .map(Group::new)
                .toList();
    }

    /** One for all: what they share, they share. */
    HostResult first() {
        return results.get(0);
    }

    String nodes() {
        return NodeSet.of(results.stream().map(HostResult::host).toList()).toString();
    }

    /** Who, how many, and how it ended unless it went well. */
    String title() {
        int count = results.size();
        return nodes() + " (" + count + (count == 1 ? " host" : " hosts") + ")"
                + (first().success() ? "" : ": " + first().outcome());
    }
}
