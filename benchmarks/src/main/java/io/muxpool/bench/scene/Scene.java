package io.muxpool.bench.scene;

import io.muxpool.bench.result.SceneResult;

/** One thing to be measured, of all clients in one run. */
public interface Scene {
    /** As on the command line. */
    String id();

    /** In one line, for the help. */
    String title();

    /** Whether it may run against a server of the user's: it does no harm there, and makes sense. */
    default boolean isHarmless() {
        return false;
    }

    /**
     * Runs it. Takes seconds to minutes.
     *
     * @throws Exception when a client cannot connect, or one of its results is wrong
     */
    SceneResult run(Stage stage) throws Exception;
}
