package io.muxpool.bench.scene;

import io.muxpool.bench.peer.Client;
import io.muxpool.bench.peer.Destination;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where the scenes play: an sshd of our own on 127.0.0.1 and a delaying proxy before it, or a server of the user's. Used
 * by one thread.
 */
public final class Stage implements AutoCloseable {
    private final Effort effort;
    private final Consumer<String> progress;
    private final ShortTemp temp = ShortTemp.create();
    private final AtomicInteger casts = new AtomicInteger();
    private final Random order = new Random(1);
    private final @Nullable OpenSshServer server;
    private final @Nullable TcpProxy proxy;
    private final Destination near;

    private Stage(Effort effort, Consumer<String> progress, @Nullable OpenSshServer server, Destination near) {
        this.effort = effort;
        this.progress = progress;
        this.server = server;
        this.proxy = server == null ? null : TcpProxy.to(server.port());
        this.near = near;
    }

    /**
     * A server of our own.
     *
     * @param progress told what happens, often
     */
    public static Stage own(Effort effort, Consumer<String> progress) {
        // Enough for 32 threads on one connection, and for all clients that connect at once.
        OpenSshServer server = OpenSshServer.builder()
                .option("MaxSessions", "100")
                .option("MaxStartups", "100")
                .option("Subsystem", "sftp internal-sftp")
                .start();
        return new Stage(effort, progress, server, Destination.of(server, server.port()));
    }

    /** A server of the user's, as ssh finds it. */
    public static Stage at(String destination, Effort effort, Consumer<String> progress) {
        return new Stage(effort, progress, null, Destination.ofUser(destination));
    }

    /** How much to measure. */
    public Effort effort() {
        return effort;
    }

    /** Whether the server is ours. */
    public boolean isOwn() {
        return server != null;
    }

    /** Tells whoever looks on what is being done. */
    void step(String what) {
        progress.accept(what);
    }

    /** For the order of clients in a round: another each time, and the same in every run. */
    Random order() {
        return order;
    }

    /** A new directory for control sockets. */
    ShortTemp temp() {
        return temp;
    }

    /** The server, by the shortest way. */
    Destination near() {
        return near;
    }

    /** The server of our own through the proxy, which delays a round trip so much. */
    Destination at(int rttMillis) {
        if (server == null || proxy == null) {
            throw new IllegalStateException("only a server of our own can be moved away");
        }
        if (rttMillis == 0) {
            return near;
        }
        proxy.delay(Duration.ofMillis(rttMillis).dividedBy(2));
        return Destination.of(server, proxy.port());
    }

    /** Connects those of the clients that can reach it. */
    Cast cast(Destination destination, List<Client> clients, int sessions) throws Exception {
        List<Client> reaching = new ArrayList<>(clients);
        reaching.removeIf(client -> !client.canReach(destination));
        return Cast.open(destination, reaching, temp.resolve("c" + casts.incrementAndGet()), sessions, order);
    }

    @Override
    public void close() {
        try (ShortTemp removed = temp;
                AutoCloseable stopped = server == null ? () -> {} : server) {
            if (proxy != null) {
                proxy.close();
            }
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("the stage does not close", e);
        }
    }
}
