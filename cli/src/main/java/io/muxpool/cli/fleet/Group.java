package io.muxpool.cli.fleet;

import io.muxpool.fleet.HostOutcome;
import io.muxpool.fleet.HostResult;
import io.muxpool.fleet.NodeSet;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Hosts that ended the same way and said the same, byte for byte. */
record Group(List<HostResult> results) {
    /** By digests: the outputs themselves are there once already. */
    private record Same(HostOutcome outcome, boolean truncated, String stdout, String stderr) {}

    /** Of all that the command ran on: the largest first. */
    static List<Group> of(List<HostResult> results) {
        Map<Same, List<HostResult>> groups = new LinkedHashMap<>();
        for (HostResult result : results) {
            if (result.outcome().mayHaveRun()) {
                Same key = new Same(
                        result.outcome(), result.truncated(), digest(result.stdout()), digest(result.stderr()));
                groups.computeIfAbsent(key, same -> new ArrayList<>()).add(result);
            }
        }
        return groups.values().stream()
                .sorted(Comparator.comparingInt((List<HostResult> group) -> -group.size()))
                .map(Group::new)
                .toList();
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** What they said: standard output, and then standard error. */
    void write(Sink out) {
        out.writeLines("", first().stdout());
        out.writeLines("", first().stderr());
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
                + (first().success() ? "" : ": " + first().outcome())
                // What was cut off may differ.
                + (first().truncated() ? "; the output was longer, and is cut off" : "");
    }
}
