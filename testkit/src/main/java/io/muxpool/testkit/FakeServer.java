package io.muxpool.testkit;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.sshd.common.Service;
import org.apache.sshd.common.ServiceFactory;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.server.session.ServerUserAuthServiceFactory;

/**
 * An ssh server that does what the test says, for what no real one can be brought to do: it lets clients in as an {@link
 * EmbeddedServer} does, and has nothing behind that. Channels and requests (RFC 4254) are the test's, both ways, message by
 * message; only the transport below them is in order. Thread-safe.
 */
public final class FakeServer implements AutoCloseable {

    /** Hears what clients do, on the threads of their connections. Must not block. */
    public interface Listener {

        /** A client has logged in, and may be spoken to. */
        void came(Visitor visitor);

        /** It has sent a message of the connection protocol. */
        void heard(Visitor visitor, Frame message);

        /** Its connection has ended. */
        void left(Visitor visitor);
    }

    private final EmbeddedServer server;
    private final List<Throwable> complaints;

    private FakeServer(EmbeddedServer server, List<Throwable> complaints) {
        this.server = server;
        this.complaints = complaints;
    }

    /** Starts a server, which listens when this returns. */
    public static FakeServer start(Listener listener) {
        List<Throwable> complaints = new CopyOnWriteArrayList<>();
        ServiceFactory connection = new ServiceFactory() {
            @Override
            public String getName() {
                return "ssh-connection";
            }

            @Override
            public Service create(Session session) {
                return new Visitor.Connection(session, listener, complaints);
            }
        };
        EmbeddedServer server = EmbeddedServer.start(
                (mina, home) -> mina.setServiceFactories(List.of(ServerUserAuthServiceFactory.INSTANCE, connection)));
        return new FakeServer(server, complaints);
    }

    /** A client configuration that leads here, as {@link SshEndpoint#ALIAS}. */
    public Path clientConfig() {
        return server.clientConfig();
    }

    /**
     * Ends every connection.
     *
     * @throws AssertionError if the listener failed
     */
    @Override
    public void close() {
        server.close();
        if (!complaints.isEmpty()) {
            AssertionError error = new AssertionError("The fake server's listener failed: " + complaints);
            complaints.forEach(error::addSuppressed);
            throw error;
        }
    }
}
