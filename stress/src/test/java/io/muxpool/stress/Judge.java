package io.muxpool.stress;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What came of a run.
 *
 * @param outcomes how many commands were told what
 * @param violations each a sentence; none, if all is well
 */
record Judge(Map<Told, Integer> outcomes, Map<Fault, Integer> faults, List<String> violations) {
    /** Holds what clients were told against the journal of the server. */
    static Judge of(Witness.Testimony testimony, Map<Long, Integer> journal, Map<Fault, Integer> faults) {
        Map<Told, Integer> outcomes = new EnumMap<>(Told.class);
        List<String> violations = new ArrayList<>();
        testimony.told().forEach((number, told) -> {
            outcomes.merge(told, 1, Integer::sum);
            int lines = journal.getOrDefault(number, 0);
            if (!told.agreesWith(lines)) {
                violations.add(number + " was told: " + told.title() + "; it is in the journal " + lines + " times");
            }
        });
        journal.keySet().stream()
                .filter(number -> !testimony.told().containsKey(number))
                .forEach(number -> violations.add(number + " is in the journal, and nobody began it"));
        testimony.wrong().forEach((number, what) -> violations.add(number + ": " + what));
        return new Judge(outcomes, faults, violations);
    }

    /** All of it, for people. */
    String report() {
        StringBuilder text = new StringBuilder();
        int commands = outcomes.values().stream().mapToInt(Integer::intValue).sum();
        line(text, "commands", commands);
        for (Told told : Told.values()) {
            line(text, "  " + told.title(), outcomes.getOrDefault(told, 0));
        }
        line(
                text,
                "faults",
                faults.values().stream().mapToInt(Integer::intValue).sum());
        for (Fault fault : Fault.values()) {
            line(text, "  " + fault.title(), faults.getOrDefault(fault, 0));
        }
        line(text, "violations", violations.size());
        violations.forEach(violation -> text.append("  ").append(violation).append('\n'));
        return text.toString();
    }

    private static void line(StringBuilder text, String what, int count) {
        text.append(String.format("%-42s %8d%n", what, count));
    }
}
