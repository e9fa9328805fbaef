package io.muxpool.cli.fleet;

import io.muxpool.cli.ExitCodes;
import io.muxpool.cli.Text;
import io.muxpool.fleet.HostOutcome;
import io.muxpool.fleet.HostResult;
import io.muxpool.fleet.NodeSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a run came to: its last lines, and its exit code. */
public record Tally(List<HostResult> results) {
    /**
     * The worst of all hosts: 255 when one was not started, skipped, or its outcome is not known; else 124 when one was
     * killed at its time; else 1 when one failed; else 0.
     */
    public int exitCode() {
        int code = ExitCodes.OK;
        for (HostResult result : results) {
            code = Math.max(code, exitCode(result.outcome()));
        }
        return code;
    }

    private static int exitCode(HostOutcome outcome) {
        if (outcome.success()) {
            return ExitCodes.OK;
        }
        if (outcome instanceof HostOutcome.Exited || outcome instanceof HostOutcome.Signalled) {
            return ExitCodes.FAILURE;
        }
        return outcome instanceof HostOutcome.Killed ? ExitCodes.TIMEOUT : ExitCodes.SSH;
    }

    /** How many went well, in how long, and a line for each other kind of end with the hosts that met it. */
    public List<String> lines(Duration elapsed) {
        long well = results.stream().filter(HostResult::success).count();
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT, "%d of %d hosts succeeded in %.1f s", well, results.size(), elapsed.toNanos() / 1e9));
        results.stream()
                .filter(result -> !result.success())
                .collect(Collectors.groupingBy(result -> label(result.outcome()), TreeMap::new, Collectors.toList()))
                .forEach((label, hosts) -> lines.add("  " + label + ": "
                        + NodeSet.of(hosts.stream().map(HostResult::host).toList())));
        advice(lines);
        return lines.stream().map(Text::oneLine).toList();
    }

    private static String label(HostOutcome outcome) {
        if (outcome instanceof HostOutcome.Exited || outcome instanceof HostOutcome.Signalled) {
            return outcome.toString();
        }
        return outcome.kind().replace('_', ' ');
    }

    /** Without the words of ssh at its end, which would be the same for every host. */
    public static String brief(String message) {
        int words = message.indexOf(" [command: ");
        return words < 0 ? message : message.substring(0, words);
    }

    /** When most hosts are out of reach, it is hardly the hosts. */
    private void advice(List<String> lines) {
        Map<String, List<String>> reasons = results.stream()
                .map(HostResult::outcome)
                .filter(HostOutcome.NotStarted.class::isInstance)
                .map(outcome -> brief(((HostOutcome.NotStarted) outcome).why()))
                .collect(Collectors.groupingBy(why -> why.replaceAll("[0-9]+", "#")));
        int notStarted = reasons.values().stream().mapToInt(List::size).sum();
        if (results.size() > 1 && notStarted * 2 > results.size()) {
            List<String> frequent = Collections.max(reasons.values(), Comparator.comparingInt(List::size));
            lines.add("  most hosts were not reached: look at this side first (network, agent, ssh configuration). The"
                    + " most frequent reason: " + frequent.get(0));
        }
    }
}
