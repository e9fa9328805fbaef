package io.muxpool.cli;

/** Hazelcast says much; a command line is quiet unless asked. */
final class Quiet {
    private Quiet() {}

    static void unless(boolean verbose) {
        System.setProperty("hazelcast.logging.type", verbose ? "jdk" : "none");
    }
}
