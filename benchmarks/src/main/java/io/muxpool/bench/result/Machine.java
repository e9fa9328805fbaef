package io.muxpool.bench.result;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where it was measured, and with what: names and versions, in the order to show them in, as in {@code Java} and
 * {@code 17.0.15}.
 */
public record Machine(Map<String, String> facts) {
    /** A copy that cannot change, in the same order. */
    public Machine {
        facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    }
}
