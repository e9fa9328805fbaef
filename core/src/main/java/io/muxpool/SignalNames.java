package io.muxpool;

import java.util.Map;

/** Signal names and their numbers where every Unix agrees (POSIX, kill(1)); the rest differ between systems. */
final class SignalNames {
    private SignalNames() {}

    private static final Map<String, Integer> NUMBERS = Map.ofEntries(
            Map.entry("HUP", 1),
            Map.entry("INT", 2),
            Map.entry("QUIT", 3),
            Map.entry("ILL", 4),
            Map.entry("TRAP", 5),
            Map.entry("ABRT", 6),
            Map.entry("FPE", 8),
            Map.entry("KILL", 9),
            Map.entry("SEGV", 11),
            Map.entry("PIPE", 13),
            Map.entry("ALRM", 14),
            Map.entry("TERM", 15));

    /** The number, or 0 when it is not the same everywhere. */
    static int number(String name) {
        return NUMBERS.getOrDefault(name, 0);
    }
}
