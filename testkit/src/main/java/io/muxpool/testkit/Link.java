package io.muxpool.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * One proxied connection: two sockets and a {@link DelayLine} each way. Ends when both directions have seen the end of
 * their input, or when either fails; a failure reaches both peers as a reset.
 */
final class Link {

    private final Socket client;
    private final Socket server;
    private final NetworkConditions conditions;
    private final Consumer<Link> onEnd;
    private final AtomicInteger openDirections = new AtomicInteger(2);
    private final List<Thread> threads = new CopyOnWriteArrayList<>();

    Link(Socket client, Socket server, NetworkConditions conditions, Consumer<Link> onEnd) {
        this.client = client;
        this.server = server;
        this.conditions = conditions;
        this.onEnd = onEnd;
    }

    /** Connects and begins to forward. A target that refuses resets the client. */
    void start(int target) throws IOException {
        try {
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            server.connect(new InetSocketAddress(Loopback.address(), target));
        } catch (IOException e) {
            reset();
            throw e;
        }
        // All are listed before the first runs, so that a close() finds each: started, or yet to meet closed sockets.
        threads.addAll(forward(client, server, conditions.toServer()));
        threads.addAll(forward(server, client, conditions.toClient()));
        threads.forEach(Thread::start);
    }

    /** Closes both sockets with a reset and ends the threads. Harmless when repeated. */
    void reset() {
        for (Socket socket : List.of(client, server)) {
            try {
                socket.setSoLinger(true, 0);
            } catch (IOException e) {
                // Closed already.
            }
        }
        close();
    }

    /** Ends what goes to the server, as a client that has no more to send would; what comes from it goes on. */
    void halve() {
        try {
            server.shutdownOutput();
        } catch (IOException e) {
            // Not connected yet, or not any more.
        }
    }

    private List<Thread> forward(Socket from, Socket to, Direction direction) {
        DelayLine line = new DelayLine(conditions, direction);
        return List.of(
                thread("tcp-proxy-in", () -> line.fillFrom(from.getInputStream())), thread("tcp-proxy-out", () -> {
                    line.drainTo(to.getOutputStream());
                    to.shutdownOutput();
                    if (openDirections.decrementAndGet() == 0) {
                        close();
                    }
                }));
    }

    private interface Pump {
        void run() throws IOException, InterruptedException;
    }

    private Thread thread(String name, Pump pump) {
        Thread thread = new Thread(
                () -> {
                    try {
                        pump.run();
                    } catch (IOException e) {
                        reset();
                    } catch (InterruptedException e) {
                        // Only close() interrupts us.
                    }
                },
                name);
        thread.setDaemon(true);
        return thread;
    }

    private void close() {
        for (Socket socket : List.of(client, server)) {
            try {
                socket.close();
            } catch (IOException e) {
                // Nothing is left to be done with it.
            }
        }
        // The threads may wait in the delay line, where a closed socket does not reach them.
        threads.forEach(Thread::interrupt);
        onEnd.accept(this);
    }
}
