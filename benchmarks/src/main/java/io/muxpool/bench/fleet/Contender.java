package io.muxpool.bench.fleet;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A way to run {@code echo hello} on all hosts, as a user would type it.
 *
 * @param warms whether a second run finds connections that the first one left
 * @param stdin what it reads
 */
record Contender(String name, boolean warms, List<String> argv, Map<String, String> environment, String stdin) {
    private static final String COMMAND = "/bin/echo hello";

    static Contender muxpool(Path launcher, Path config, Path sockets, Path hosts, int limit) {
        return new Contender(
                "muxpool fleet",
                true,
                List.of(
                        launcher.toString(),
                        "fleet",
                        "-F",
                        config.toString(),
                        "--socket-dir",
                        sockets.toString(),
                        "--limit",
                        Integer.toString(limit),
                        "--max-warm",
                        "100000",
                        "--hosts",
                        hosts.toString(),
                        "--",
                        "/bin/echo",
                        "hello"),
                Map.of(),
                "");
    }

    static Contender pdsh(Path config, String nodes, int limit) {
        return new Contender(
                "pdsh",
                false,
                List.of("pdsh", "-R", "ssh", "-f", Integer.toString(limit), "-w", nodes, COMMAND),
                Map.of("PDSH_SSH_ARGS", "-F " + config + " -oBatchMode=yes %h"),
                "");
    }

    static Contender clush(Path config, String nodes, int limit) {
        return new Contender(
                "clush",
                false,
                List.of("clush", "-f", Integer.toString(limit), "-o", "-F " + config, "-w", nodes, COMMAND),
                Map.of(),
                "");
    }

    /** @param warms whether the configuration has a ControlMaster for each host */
    static Contender xargs(String name, boolean warms, Path config, String hosts, int limit) {
        return new Contender(
                name,
                warms,
                List.of(
                        "xargs",
                        "-P",
                        Integer.toString(limit),
                        "-I{}",
                        "ssh",
                        "-F",
                        config.toString(),
                        "-oBatchMode=yes",
                        "{}",
                        COMMAND),
                Map.of(),
                hosts);
    }
}
