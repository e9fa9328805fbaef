package io.muxpool.bench.scene;

import io.muxpool.Command;
import io.muxpool.ConnectionPool;
import io.muxpool.Remote;
import io.muxpool.bench.peer.Client;
import io.muxpool.bench.peer.Destination;
import io.muxpool.bench.peer.Peer;
import io.muxpool.testkit.Ssh;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** The program of a fresh JVM: connects, runs one command, prints its output. */
final class FreshClient {
    private FreshClient() {}

    /** The arguments that {@link #main} takes. */
    static List<String> arguments(Client client, Destination destination, Path sockets) {
        Destination.Direct direct = Objects.requireNonNull(destination.direct());
        return List.of(
                client.name(),
                destination.name(),
                String.valueOf(destination.config()),
                direct.host(),
                String.valueOf(direct.port()),
                direct.user(),
                direct.identity().toString(),
                sockets.toString());
    }

    public static void main(String[] args) throws Exception {
        Client client = Client.valueOf(args[0]);
        Path sockets = Path.of(args[7]);
        if (client == Client.MUXPOOL) {
            Remote remote = remote(args[1], Path.of(args[2]), sockets);
            try (ConnectionPool pool = ConnectionPool.open(remote, "fresh")) {
                print(pool.run(Command.shell(Echo.LINE).withLogLevel(Level.DEBUG))
                        .check()
                        .stdout());
            }
        } else {
            Destination destination = new Destination(
                    args[1],
                    Path.of(args[2]),
                    new Destination.Direct(args[3], Integer.parseInt(args[4]), args[5], Path.of(args[6])));
            try (Peer peer = client.open(destination, sockets, 1)) {
                print(peer.run(Echo.LINE));
            }
        }
    }

    /** Its master stays when it ends. */
    static Remote remote(String name, Path config, Path sockets) {
        return Remote.builder(name)
                .sshProgram(Ssh.program())
                .configFile(config)
                .socketDir(sockets)
                .build();
    }

    private static void print(byte[] out) {
        System.out.print(new String(out, StandardCharsets.UTF_8));
        System.out.flush();
    }
}
