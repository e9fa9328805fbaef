package io.muxpool.internal.process;

import io.muxpool.internal.sweep.Mark;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The environment as the user has it. The launcher changes some variables for the JVM's own sake, such as the locale, and
 * keeps each one's value in {@code MUXPOOL_SAVED_name}: {@code set:VALUE}, or {@code unset}. Children of this process, and
 * the server, get them as they were.
 */
public final class UserEnvironment {
    private static final String SAVED = "MUXPOOL_SAVED_";
    private static final String SET = "set:";

    /** The launcher's path, for this process alone. */
    private static final String LAUNCHER = "MUXPOOL_LAUNCHER";

    private UserEnvironment() {}

    /** All variables. */
    public static Map<String, String> all() {
        Map<String, String> variables = new LinkedHashMap<>(System.getenv());
        restore(variables);
        Mark.remove(variables);
        return Collections.unmodifiableMap(variables);
    }

    /** One variable; null when it is not set. */
    static @Nullable String get(String name) {
        String saved = System.getenv(SAVED + name);
        if (saved == null) {
            return System.getenv(name);
        }
        return saved.startsWith(SET) ? saved.substring(SET.length()) : null;
    }

    /** The builder of a child that gets the user's variables in place of the launcher's. */
    public static ProcessBuilder builder(List<String> words) {
        ProcessBuilder builder = new ProcessBuilder(words);
        restore(builder.environment());
        return builder;
    }

    private static void restore(Map<String, String> environment) {
        environment.remove(LAUNCHER);
        for (String key : System.getenv().keySet()) {
            if (key.startsWith(SAVED)) {
                String name = key.substring(SAVED.length());
                String value = get(name);
                environment.remove(key);
                if (value == null) {
                    environment.remove(name);
                } else {
                    environment.put(name, value);
                }
            }
        }
    }

    /** Removes what belongs to one command only, for a process that outlives it. */
    public static void unmark(Map<String, String> environment) {
        Mark.remove(environment);
    }
}
