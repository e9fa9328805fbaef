package io.muxpool.bench.result;

import java.util.List;

/**
 * What one scene came to.
 *
 * @param id as on the command line, as in {@code latency}
 * @param title for people
 * @param story one or two sentences: what was done, and how
 * @param notes what a reader must know to read the figures right
 */
public record SceneResult(String id, String title, String story, List<Chart> charts, List<String> notes) {
    /** Copies that cannot change. */
    public SceneResult {
        charts = List.copyOf(charts);
        notes = List.copyOf(notes);
    }
}
