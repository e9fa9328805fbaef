package io.muxpool.bench.peer;

import io.muxpool.Remote;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the clients connect to.
 *
 * @param name as ssh takes it
 * @param config a configuration to use instead of the user's own, if any
 * @param direct what clients need that do not read ssh's configuration; null where they cannot connect
 */
public record Destination(
        String name, @Nullable Path config, @Nullable Direct direct) {

    /** For clients without ssh's configuration. They trust any host key: this is for servers of our own. */
    public record Direct(String host, int port, String user, Path identity) {}

    /** Agents, displays and forwardings are not opened once for each client. */
    static final List<String> ONLY_COMMANDS = List.of("-a", "-x", "-oClearAllForwardings=yes");

    /** A server of our own, by a port that leads to it. */
    public static Destination of(SshEndpoint server, int port) {
        return new Destination(
                SshEndpoint.ALIAS,
                server.clientConfigForPort(port),
                new Direct(server.host(), port, server.user(), server.dir().resolve("user_key")));
    }

    /** A server of the user's, with all that the user's configuration says of it. */
    public static Destination ofUser(String name) {
        return new Destination(name, null, null);
    }

    /** For a client that needs it. */
    public Direct required() {
        return Optional.ofNullable(direct)
                .orElseThrow(() -> new IllegalStateException(name + " is not for this client"));
    }

    /** The words that lead ssh there, with options before the name, and a command behind it. */
    List<String> ssh(String program, List<String> options, String... command) {
        List<String> words = new ArrayList<>(List.of(program));
        if (config != null) {
            words.addAll(List.of("-F", config.toString()));
        }
        // The cipher that muxpool asks for, and nothing of the user's that a command does not need.
        words.addAll(List.of("-T", "-oBatchMode=yes", "-c", Remote.DEFAULT_CIPHER));
        words.addAll(ONLY_COMMANDS);
        words.addAll(options);
        words.add(name);
        words.addAll(List.of(command));
        return words;
    }
}
