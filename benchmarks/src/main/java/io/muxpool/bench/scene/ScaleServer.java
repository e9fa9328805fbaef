package io.muxpool.bench.scene;

import io.muxpool.testkit.EmbeddedServer;

/** The program of the server's JVM, so that the client's heap is the client's: serves until its input ends. */
final class ScaleServer {
    private ScaleServer() {}

    public static void main(String[] args) throws Exception {
        try (EmbeddedServer server = EmbeddedServer.startWithBuiltins()) {
            System.out.println(server.clientConfig());
            System.in.transferTo(System.err);
        }
    }
}
