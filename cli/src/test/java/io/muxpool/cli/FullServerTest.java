package io.muxpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Logins to a server that lets few in at a time (MaxStartups): all get there, whoever makes how many at once. */
@Timeout(300)
final class FullServerTest {
    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final List<OpenSshServer> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        LeakCheck.endMasters(temp.path());
        servers.forEach(OpenSshServer::close);
        temp.close();
    }

    private OpenSshServer server(String maxStartups) {
        OpenSshServer server =
                OpenSshServer.builder().option("MaxStartups", maxStartups).start();
        servers.add(server);
        return server;
    }

    /** A configuration with these lines, and what it takes to log in. */
    private Path config(OpenSshServer server, String lines) {
        try {
            return Files.writeString(
                    temp.resolve("config"),
                    lines
                            + """

                    Host *
                        HostName 127.0.0.1
                        Port %d
                        User %s
                        IdentityFile %s
                        IdentitiesOnly yes
                        UserKnownHostsFile /dev/null
                        GlobalKnownHostsFile /dev/null
                        StrictHostKeyChecking no
                        LogLevel ERROR
                    """.formatted(
                                    server.port(), server.user(), server.dir().resolve("user_key")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertAllReached(Path config, int hosts, String... options) throws Exception {
        List<String> words = new ArrayList<>(List.of("fleet", "-F", config.toString(), "--socket-dir"));
        words.add(temp.resolve("s").toString());
        words.addAll(List.of(options));
        words.addAll(List.of("h[1-" + hosts + "]", "--", "echo", "here"));
        Path out = temp.resolve("out");
        Path err = temp.resolve("err");
        Process process = Muxpool.builder(words.toArray(String[]::new))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        assertThat(process.waitFor(200, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(out))
                .as(() -> read(err))
                .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, hosts)
                        .mapToObj(i -> "h" + i + ": here")
                        .toList());
        assertThat(process.exitValue()).isZero();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void coldFleetReachesAHundredHostsOfOneServerAsPdshAndClushDo() throws Exception {
        Path config = config(server("10:30:100"), "");
        assertAllReached(config, 100);
        assumeThat(Path.of("/usr/bin/pdsh")).as("pdsh, of the package pdsh").exists();
        assumeThat(Path.of("/usr/bin/clush"))
                .as("clush, of the package clustershell")
                .exists();
        ProcessBuilder pdsh = new ProcessBuilder("pdsh", "-R", "ssh", "-w", "h[1-100]", "echo here");
        pdsh.environment().put("PDSH_SSH_ARGS", "-F " + config + " %h");
        assertReachedBy(pdsh);
        assertReachedBy(new ProcessBuilder("clush", "-o", "-F " + config, "-w", "h[1-100]", "echo here"));
    }

    /** The peers begin 32 or 64 logins at a time, which sshd may refuse by chance: how many they reach is only said. */
    private void assertReachedBy(ProcessBuilder peer) throws Exception {
        Path out = temp.resolve("peer");
        Process process = peer.redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        long reached = Files.readAllLines(out).stream()
                .filter(line -> line.endsWith(": here"))
                .count();
        System.out.println(peer.command().get(0) + " reached " + reached + " of 100");
        assertThat(reached).as("the configuration is good for the peer").isPositive();
    }

    @Test
    void coldFleetReachesSixtyHostsOfAServerThatLetsTwoInAtATime() throws Exception {
        assertAllReached(config(server("2:100:2"), ""), 60);
    }

    @Test
    void coldFleetReachesSixtyHostsThroughOneJumpHost() throws Exception {
        OpenSshServer gate = server("10:30:100");
        OpenSshServer behind = server("100");
        assertAllReached(config(behind, "Host gate\n    Port " + gate.port() + "\nHost h*\n    ProxyJump gate\n"), 60);
    }

    @Test
    void coldFleetReachesAllThroughAProxyCommandThatIsAnSsh() throws Exception {
        OpenSshServer gate = server("2:100:2");
        OpenSshServer behind = server("100");
        Path config = temp.resolve("config");
        assertAllReached(
                config(
                        behind,
                        "Host gate\n    Port " + gate.port() + "\nHost h*\n    ProxyCommand ssh -F " + config
                                + " -W %h:%p gate\n"),
                20);
    }

    /** Closes what it accepts. */
    private static final class Closing implements AutoCloseable {
        final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        final AtomicInteger closed = new AtomicInteger();
        final Thread thread;

        Closing(String words) throws IOException {
            thread = new Thread(() -> {
                while (true) {
                    try (Socket accepted = socket.accept();
                            OutputStream out = accepted.getOutputStream()) {
                        out.write(words.getBytes(StandardCharsets.US_ASCII));
                        closed.incrementAndGet();
                    } catch (IOException e) {
                        return;
                    }
                }
            });
            thread.start();
        }

        @Override
        public void close() throws IOException, InterruptedException {
            socket.close();
            thread.join();
        }
    }

    @Test
    void serverThatLetsNobodyInIsTriedAFewTimesAndNamed() throws Exception {
        Path config = config(server("10"), "");
        for (String words : List.of("", "Exceeded MaxStartups\r\n", "Not allowed at this time\r\n")) {
            try (Closing closing = new Closing(words)) {
                Muxpool.Ended ended = Muxpool.run(
                        temp.path(),
                        "run",
                        "-F",
                        config.toString(),
                        "-p",
                        Integer.toString(closing.socket.getLocalPort()),
                        "--socket-dir",
                        temp.resolve("s").toString(),
                        "h1",
                        "--",
                        "true");
                assertThat(ended.code()).isEqualTo(255);
                assertThat(ended.stderr())
                        .contains("not started: cannot connect to h1")
                        .contains("6 handshakes were refused: the server is full (MaxStartups), or lets nobody in");
                assertThat(closing.closed).hasValue(6);
            }
        }
    }
}
