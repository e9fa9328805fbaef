package io.muxpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A slow, fragile network in front of a port of 127.0.0.1: delays what passes, lets only so much through, holds it back,
 * or cuts it off.
 *
 * <p>The delay is a delay line: every chunk of bytes leaves a fixed time after it came, so that throughput is that of
 * the loopback as long as the ends keep enough bytes on their way. Thread-safe; no method blocks on the network.
 */
public final class TcpProxy implements AutoCloseable {

    private final int target;
    private final ServerSocket listener;
    private final NetworkConditions conditions = new NetworkConditions();
    private final AtomicInteger accepted = new AtomicInteger();
    private final Set<Link> links = ConcurrentHashMap.newKeySet();

    private TcpProxy(int target, ServerSocket listener) {
        this.target = target;
        this.listener = listener;
    }

    /**
     * Starts a proxy without delay.
     *
     * @param target the port of 127.0.0.1 to forward to
     * @throws UncheckedIOException if it cannot listen
     */
    public static TcpProxy to(int target) {
        try {
            TcpProxy proxy = new TcpProxy(target, new ServerSocket(0, 200, Loopback.address()));
            Thread acceptor = new Thread(proxy::accept, "tcp-proxy-accept");
            acceptor.setDaemon(true);
            acceptor.start();
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot listen on " + Loopback.HOST, e);
        }
    }

    /** The port to connect to. */
    public int port() {
        return listener.getLocalPort();
    }

    /** How many connections were accepted so far, also those that ended. */
    public int connections() {
        return accepted.get();
    }

    /**
     * Sets how long bytes are on their way in each direction, from now on; a round trip takes twice as long. What is
     * already on its way keeps its delay, and order is kept.
     */
    public TcpProxy delay(Duration oneWay) {
        return delay(oneWay, oneWay);
    }

    /** As {@link #delay(Duration)}, for a network that is slower one way than the other. */
    public TcpProxy delay(Duration toServer, Duration toClient) {
        conditions.toServer().delay(toServer.toNanos());
        conditions.toClient().delay(toClient.toNanos());
        return this;
    }

    /**
     * Sets how much passes in each direction, all connections together, from now on.
     *
     * @param bytesPerSecond 0 for no bound, as at the beginning
     */
    public TcpProxy bandwidth(long bytesPerSecond) {
        conditions.toServer().bandwidth(bytesPerSecond);
        conditions.toClient().bandwidth(bytesPerSecond);
        return this;
    }

    /** Stops forwarding. Connections stay, new ones are accepted, and nothing arrives: a network gone silent. */
    public void freeze() {
        conditions.freeze(true);
    }

    /** Goes on forwarding, beginning with what was held back. */
    public void thaw() {
        conditions.freeze(false);
    }

    /** Resets every live connection at both ends (RST, not FIN). New ones are accepted as before. */
    public void cut() {
        links.forEach(Link::reset);
    }

    /**
     * Ends the way to the server of every live connection (FIN), and lets the way back go on: half a connection. What the
     * client sends after that resets it.
     */
    public void halve() {
        links.forEach(Link::halve);
    }

    /** Turns one bit of the next bytes that pass to the client, on whichever connection. */
    public void spoil() {
        conditions.toClient().spoilNext();
    }

    /** Stops listening and resets every connection. Harmless when repeated. */
    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot close port " + port(), e);
        } finally {
            cut();
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                accepted.incrementAndGet();
                connect(client);
            } catch (IOException e) {
                // Closed, or the client was gone before we saw it.
            }
        }
    }

    private void connect(Socket client) throws IOException {
        Socket server = new Socket();
        Link link = new Link(client, server, conditions, links::remove);
        links.add(link);
        link.start(target);
        // close() may have cut all links between our accept and our add.
        if (listener.isClosed()) {
            link.reset();
        }
    }
}
