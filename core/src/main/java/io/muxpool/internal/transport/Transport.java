package io.muxpool.internal.transport;

import java.nio.file.Path;

/**
 * A way of getting commands run. One contract for all ways: a command runs at most once, its words arrive unchanged, and
 * what {@link Link#run} says of its end is true.
 */
public sealed interface Transport permits LocalTransport, PlainTransport, ProcessTransport {
    /** Names the kind in logs, and for those that need a master in the lease layout: masters of kinds are never mixed. */
    String mode();

    /** Whether a link needs a master's control socket, or does all by itself. */
    boolean needsMaster();

    /**
     * A link to run commands over. Connects nothing yet.
     *
     * @param socket the master's control socket; any path, unused, when none is needed
     */
    Link link(Path socket);
}
