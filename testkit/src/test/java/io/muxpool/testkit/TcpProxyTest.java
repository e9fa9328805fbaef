package io.muxpool.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
@SuppressWarnings("NullAway.Init") // by start
class TcpProxyTest {

    private ServerSocket echo;
    private TcpProxy proxy;
    private Socket client;

    @BeforeEach
    void start() throws IOException {
        echo = new ServerSocket(0, 10, Loopback.address());
        Thread acceptor = new Thread(this::echoForEver, "echo");
        acceptor.setDaemon(true);
        acceptor.start();
        proxy = TcpProxy.to(echo.getLocalPort());
        client = connect();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        proxy.close();
        echo.close();
    }

    @Test
    void delaysARoundTripByTwiceTheOneWayDelay() throws IOException {
        long direct = roundTrip();
        proxy.delay(Duration.ofMillis(50));
        long delayed = roundTrip();
        assertThat(delayed).isGreaterThanOrEqualTo(Duration.ofMillis(100).toNanos());
        assertThat((double) delayed / direct).isGreaterThan(5);
        proxy.delay(Duration.ZERO);
        assertThat(roundTrip()).isLessThan(delayed / 2);
    }

    @Test
    void delaysEachDirectionByItsOwn() throws IOException {
        roundTrip();
        proxy.delay(Duration.ZERO, Duration.ofMillis(60));
        long delayed = roundTrip();
        assertThat(delayed).isGreaterThanOrEqualTo(60_000_000L);
        proxy.delay(Duration.ofMillis(60));
        assertThat(roundTrip()).isGreaterThan(delayed + 50_000_000L);
    }

    /**
     * Beside what the same round trip takes without a delay, not a millisecond is added to it, at p99; and what a sleep is
     * late here and now, one for each direction, which is the machine's doing.
     */
    @FullRun("delays to the millisecond: wants a quiet machine")
    @Test
    void isExactToAMillisecond() throws Exception {
        double best = Double.MAX_VALUE;
        for (int i = 0; i < 5 && best >= 1; i++) {
            proxy.delay(Duration.ZERO);
            double[] plain = roundTrips(200);
            proxy.delay(Duration.ofMillis(5));
            double[] delayed = roundTrips(200);
            double[] late = latenessOfSleeps(200, 5);
            assertThat(delayed[0]).isGreaterThanOrEqualTo(10);
            best = Math.min(best, at(delayed, 0.99) - at(plain, 0.99) - 10 - 2 * at(late, 0.99));
        }
        assertThat(best).isLessThan(1);
    }

    private static double[] latenessOfSleeps(int count, int millis) throws InterruptedException {
        double[] late = new double[count];
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            Thread.sleep(millis);
            late[i] = (System.nanoTime() - start) / 1e6 - millis;
        }
        Arrays.sort(late);
        return late;
    }

    private double[] roundTrips(int count) throws IOException {
        double[] millis = new double[count];
        for (int i = 0; i < count; i++) {
            millis[i] = roundTrip() / 1e6;
        }
        Arrays.sort(millis);
        return millis;
    }

    private static double at(double[] sorted, double share) {
        return sorted[(int) Math.round(share * (sorted.length - 1))];
    }

    @Test
    void letsOnlySoMuchThrough() throws Exception {
        long free = transferNanos(2_000_000);
        proxy.bandwidth(4_000_000);
        long bound = transferNanos(2_000_000);
        // Both ways at once: half a second each, and the last chunk of the one before the first of the other.
        assertThat(bound).isGreaterThanOrEqualTo(500_000_000L);
        assertThat(free).isLessThan(bound / 2);
        proxy.bandwidth(0);
        assertThat(transferNanos(2_000_000)).isLessThan(bound / 2);
    }

    private long transferNanos(int bytes) throws Exception {
        long start = System.nanoTime();
        Thread writer = new Thread(() -> write(new byte[bytes]), "writer");
        writer.start();
        assertThat(client.getInputStream().readNBytes(bytes)).hasSize(bytes);
        writer.join();
        return System.nanoTime() - start;
    }

    /** A proxy that sleeps once for each read would take 6 s for these, which is a second beside what they take here without delay. */
    @Test
    void keepsThroughputUnderDelay() throws Exception {
        byte[] data = new byte[8 * 1024 * 1024];
        long free = transferNanos(data.length);
        proxy.delay(Duration.ofMillis(50));
        long start = System.nanoTime();
        Thread writer = new Thread(() -> write(data), "writer");
        writer.start();
        assertThat(client.getInputStream().readNBytes(data.length)).hasSize(data.length);
        writer.join();
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isLessThan(Duration.ofSeconds(1).plusNanos(2 * free));
    }

    @Test
    void passesTheEndOfOneDirectionOn() throws IOException {
        client.getOutputStream().write(new byte[] {1, 2, 3});
        client.shutdownOutput();
        assertThat(client.getInputStream().readAllBytes()).containsExactly(1, 2, 3);
    }

    @Test
    void resetsConnectionsWhenCutAndAcceptsNewOnes() throws IOException {
        roundTrip();
        proxy.cut();
        assertThatThrownBy(() -> client.getInputStream().read())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
        client.close();
        client = connect();
        roundTrip();
        assertThat(proxy.connections()).isEqualTo(2);
    }

    @Test
    void halvedConnectionEndsForTheServerAndStillBringsWhatItSaid() throws IOException {
        roundTrip();
        proxy.halve();
        // The server of this test answers what it read, and ends when it reads no more.
        assertThat(client.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void spoiltByteDiffersInOneBitAndTheNextDoesNot() throws IOException {
        proxy.spoil();
        client.getOutputStream().write(0);
        int spoilt = client.getInputStream().read();
        assertThat(Integer.bitCount(spoilt)).isEqualTo(1);
        roundTrip();
    }

    @Test
    void holdsEverythingBackWhileFrozen() throws IOException {
        roundTrip();
        proxy.freeze();
        client.getOutputStream().write(7);
        client.setSoTimeout(100);
        assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        client.setSoTimeout(5000);
        proxy.thaw();
        assertThat(client.getInputStream().read()).isEqualTo(7);
    }

    @Test
    void carriesSsh() {
        try (OpenSshServer server = OpenSshServer.start();
                TcpProxy network = TcpProxy.to(server.port())) {
            Run run = Run.ssh(server.clientConfigForPort(network.port()), "box", "echo hi");
            assertThat(run.out()).isEqualTo("hi\n");
            assertThat(network.connections()).isEqualTo(1);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(Loopback.address(), proxy.port());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(5000);
        return socket;
    }

    private long roundTrip() throws IOException {
        long start = System.nanoTime();
        client.getOutputStream().write(1);
        assertThat(client.getInputStream().read()).isEqualTo(1);
        return System.nanoTime() - start;
    }

    private void write(byte[] data) {
        try {
            client.getOutputStream().write(data);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void echoForEver() {
        while (!echo.isClosed()) {
            try {
                Socket peer = echo.accept();
                Thread thread = new Thread(() -> echo(peer), "echo-peer");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void echo(Socket peer) {
        try (peer;
                InputStream in = peer.getInputStream();
                OutputStream out = peer.getOutputStream()) {
            in.transferTo(out);
        } catch (IOException e) {
            // A test that cuts the connection means it.
        }
    }
}
