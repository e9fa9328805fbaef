package io.muxpool.hazelcast;

import io.muxpool.Remote;
import io.muxpool.fleet.Fleet;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** A member in a JVM of its own, which ends when its standard input does, or when it is killed. */
final class NodeProcess implements AutoCloseable {
    /** No other run's members join it. */
    static final String CLUSTER = "muxpool-test-" + ProcessHandle.current().pid();

    private final Process process;
    private final BufferedReader lines;
    private final String address;

    private NodeProcess(Process process) throws IOException {
        this.process = process;
        this.lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        this.address = Objects.requireNonNull(lines.readLine(), "a member did not start");
    }

    /** @param members addresses of those that are there already */
    static NodeProcess start(Path config, Path sockets, int port, List<String> members) throws IOException {
        List<String> argv = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.util.logging.config.file=" + System.getProperty("java.util.logging.config.file"),
                "-cp",
                System.getProperty("java.class.path"),
                NodeProcess.class.getName(),
                CLUSTER,
                config.toString(),
                sockets.toString(),
                Integer.toString(port)));
        argv.addAll(members);
        return new NodeProcess(new ProcessBuilder(argv)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    /** {@code host:port}. */
    String address() {
        return address;
    }

    /** Without a chance to say anything. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.getOutputStream().close();
        if (!process.waitFor(20, java.util.concurrent.TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        lines.close();
    }

    @SuppressWarnings("SystemOut") // how the parent learns the address
    public static void main(String[] words) throws IOException {
        Path config = Path.of(words[1]);
        Path sockets = Path.of(words[2]);
        ClusterNode.Setup setup = new ClusterNode.Setup(
                words[0],
                "127.0.0.1",
                Integer.parseInt(words[3]),
                Stream.of(words).skip(4).toList(),
                16,
                1);
        try (ClusterNode node = ClusterNode.start(
                setup,
                Fleet.builder()
                        .remotes(host -> Remote.builder(host)
                                .configFile(config)
                                .socketDir(sockets)
                                .killGrace(Duration.ofMillis(200))
                                .build())
                        .carrier())) {
            System.out.println("127.0.0.1:" + node.address().getPort());
            while (System.in.read() >= 0) {
                // Until the parent lets go.
            }
        }
    }
}
