package io.muxpool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.bench.peer.Client;
import io.muxpool.bench.peer.Destination;
import io.muxpool.bench.peer.Peer;
import io.muxpool.testkit.FullRun;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * That we have not become slow: ratios within one run, with bounds that a busy machine keeps too, since what it adds is
 * the server's fork and exec, the same for all. The figures themselves are what {@code muxpool bench} is for.
 */
@FullRun("speed beside other clients: wants a quiet machine")
@Timeout(120)
class GuardTest {
    private static final String ECHO = "/bin/echo hello";

    private final ShortTemp sockets = ShortTemp.create();
    private final OpenSshServer server = OpenSshServer.start();
    private final TcpProxy proxy = TcpProxy.to(server.port());
    private final Map<Client, Peer> peers = new EnumMap<>(Client.class);
    private final Random order = new Random(1);

    private void open(Client... clients) throws Exception {
        for (Client client : clients) {
            peers.put(client, client.open(Destination.of(server, proxy.port()), sockets.path(), 8));
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (Peer peer : peers.values()) {
            peer.close();
        }
        proxy.close();
        server.close();
        sockets.close();
    }

    @Test
    void aCommandTakesLessThanWithSshAndAboutWhatItTakesWithTheOthers() throws Exception {
        open(Client.MUXPOOL, Client.SSH_S, Client.JSCH);
        Map<Client, Double> near = medians(40, peer -> peer.run(ECHO));
        assertThat(near.get(Client.MUXPOOL)).isLessThan(0.7 * of(near, Client.SSH_S));
        assertThat(near.get(Client.MUXPOOL)).isLessThan(1.25 * of(near, Client.JSCH));
    }

    @Test
    void aCommandFarAwayCostsOneRoundTripLess() throws Exception {
        open(Client.MUXPOOL, Client.JSCH);
        int rtt = 40;
        proxy.delay(Duration.ofMillis(rtt / 2));
        Map<Client, Double> far = medians(8, peer -> peer.run(ECHO));
        assertThat(of(far, Client.JSCH) - of(far, Client.MUXPOOL)).isGreaterThan(0.6 * rtt);
    }

    @Test
    void aDownloadFarAwayIsNotHeldBackByAFixedWindow() throws Exception {
        open(Client.MUXPOOL, Client.SSH_S);
        proxy.delay(Duration.ofMillis(50));
        long bytes = 48_000_000;
        Map<Client, Double> far = medians(
                3,
                peer -> assertThat(peer.download("head -c " + bytes + " /dev/zero"))
                        .isEqualTo(bytes));
        assertThat(far.get(Client.MUXPOOL)).isLessThan(0.7 * of(far, Client.SSH_S));
    }

    @Test
    void aBurstOnAWarmConnectionCostsAboutOneRoundTrip() throws Exception {
        open(Client.MUXPOOL);
        Peer mux = of(peers, Client.MUXPOOL);
        int rtt = 300;
        proxy.delay(Duration.ofMillis(rtt / 2));
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Double> bursts = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                long start = System.nanoTime();
                List<Future<byte[]>> running = new ArrayList<>();
                for (int j = 0; j < 8; j++) {
                    running.add(threads.submit(() -> mux.run(ECHO)));
                }
                for (Future<byte[]> one : running) {
                    one.get();
                }
                bursts.add((System.nanoTime() - start) / 1e6);
                // Time for the next channels to be opened.
                Thread.sleep(3L * rtt);
            }
            // The first had one channel ahead, and the others to open: two round trips.
            assertThat(Collections.min(bursts.subList(1, 4)))
                    .as("of %s ms", bursts)
                    .isLessThan(2.0 * rtt);
        } finally {
            threads.shutdownNow();
        }
    }

    @FunctionalInterface
    private interface Work {
        void with(Peer peer) throws Exception;
    }

    private Map<Client, Double> medians(int rounds, Work work) throws Exception {
        return times(rounds, 0.5, work);
    }

    /** Milliseconds: of all rounds those at this share, from the least. */
    private Map<Client, Double> times(int rounds, double share, Work work) throws Exception {
        Map<Client, List<Double>> times = new EnumMap<>(Client.class);
        List<Client> clients = new ArrayList<>(peers.keySet());
        for (int i = -Math.max(1, rounds / 8); i < rounds; i++) {
            Collections.shuffle(clients, order);
            for (Client client : clients) {
                long start = System.nanoTime();
                work.with(of(peers, client));
                if (i >= 0) {
                    times.computeIfAbsent(client, any -> new ArrayList<>()).add((System.nanoTime() - start) / 1e6);
                }
            }
        }
        Map<Client, Double> chosen = new EnumMap<>(Client.class);
        times.forEach((client, list) -> {
            double[] sorted = list.stream().mapToDouble(Double::doubleValue).toArray();
            Arrays.sort(sorted);
            chosen.put(client, sorted[(int) (share * sorted.length)]);
        });
        System.out.println("ms at " + share + ": " + chosen);
        return chosen;
    }

    private static <T> T of(Map<Client, T> values, Client client) {
        return Objects.requireNonNull(values.get(client));
    }
}
