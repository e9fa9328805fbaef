package io.muxpool.cli;

import java.util.List;
import java.util.Map;

/** Variables that the launcher script sets for the JVM. Programs that muxpool starts get the user's own values instead. */
public final class LauncherVariables {
    private static final String SAVED = "MUXPOOL_SAVED_";
    private static final String SET = "set:";

    private LauncherVariables() {}

    /** Gives a child's environment the values that the user has. */
    public static void remove(Map<String, String> environment) {
        for (String key : List.copyOf(environment.keySet())) {
            if (key.startsWith(SAVED)) {
                String value = environment.getOrDefault(key, "");
                environment.remove(key);
                String name = key.substring(SAVED.length());
                if (value.startsWith(SET)) {
                    environment.put(name, value.substring(SET.length()));
                } else {
                    environment.remove(name);
                }
            }
        }
        environment.remove("MUXPOOL_LAUNCHER");
    }
}
