package io.muxpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A server on loopback and what a client needs to reach it, so that one test suite can run against both.
 *
 * <p>Every client configuration is a file for {@code ssh -F}: it names the user's key and the host's key, knows the host
 * as {@code box} or by {@link #userHost()}, and ignores the agent and all files of the user who runs the tests.
 */
public sealed interface SshEndpoint extends AutoCloseable permits OpenSshServer, EmbeddedServer, PackagedServer {

    /** The alias that the client configurations give to the server. */
    String ALIAS = "box";

    /** The user to log in as. */
    String user();

    /** The port that the server listens on. */
    int port();

    /** The server's own directory, closed to others, gone after {@link #close()}. */
    Path dir();

    /** A client configuration that works. */
    Path clientConfig();

    /**
     * A client configuration that works through a forwarding port, such as that of a {@link TcpProxy}.
     *
     * @param port the port to connect to instead of {@link #port()}
     */
    Path clientConfigForPort(int port);

    /** A client configuration by which every name leads to this server: a fleet of as many hosts as there are names. */
    default Path clientConfigForAnyName() {
        try {
            String everyName = "Host *\n    HostName %s\n    User %s\n".formatted(host(), user());
            return PrivateFiles.write(dir().resolve("any.config"), Files.readString(clientConfig()) + everyName);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The address that the server listens on: 127.0.0.1, never another. */
    default String host() {
        return Loopback.HOST;
    }

    /** {@link #user()} and {@link #host()} as one word for ssh. */
    default String userHost() {
        return user() + "@" + host();
    }

    /** Stops the server, ends what it runs and deletes its directory. Harmless when repeated. */
    @Override
    void close();
}
