package io.muxpool.bench.scene;

import io.muxpool.bench.peer.Destination;
import io.muxpool.testkit.EmbeddedServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server that starts no process for a command, in a JVM of its own: what it takes of memory and processor is not counted
 * with the clients'.
 */
final class ForklessServer implements AutoCloseable {
    private final Process process;
    private final Destination destination;

    private ForklessServer(Process process, Destination destination) {
        this.process = process;
        this.destination = destination;
    }

    static ForklessServer start() throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ForklessServer.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader said = process.inputReader();
        List<String> lines = said.lines().limit(6).toList();
        if (lines.size() < 6) {
            process.destroyForcibly();
            throw new IOException("the server without processes did not start");
        }
        return new ForklessServer(
                process,
                new Destination(
                        lines.get(0),
                        Path.of(lines.get(1)),
                        new Destination.Direct(
                                lines.get(2), Integer.parseInt(lines.get(3)), lines.get(4), Path.of(lines.get(5)))));
    }

    Destination destination() {
        return destination;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.getOutputStream().close();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        process.getInputStream().close();
    }

    /** The server's JVM: it serves until its input ends. */
    public static void main(String[] args) throws Exception {
        try (EmbeddedServer server = EmbeddedServer.startWithBuiltins()) {
            Destination destination = Destination.of(server, server.port());
            Destination.Direct direct = destination.required();
            System.out.println(destination.name());
            System.out.println(destination.config());
            System.out.println(direct.host());
            System.out.println(direct.port());
            System.out.println(direct.user());
            System.out.println(direct.identity());
            System.in.transferTo(System.err);
        }
    }
}
