package io.muxpool;

import io.muxpool.testkit.EmbeddedServer;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The contract over channels of a pooled master, on mina's sshd. */
final class MuxEmbeddedContractTest extends TransportContract {
    private @Nullable EmbeddedServer server;

    @Override
    Remote start(Path socketDir) {
        EmbeddedServer started = EmbeddedServer.start();
        server = started;
        return Remote.builder(SshEndpoint.ALIAS)
                .configFile(started.clientConfig())
                .socketDir(socketDir)
                .transport(TransportKind.MUX)
                .build();
    }

    @Override
    Ending endingOfAKilledCommand() {
        return Ending.confirmedDead();
    }

    @Override
    void stop() {
        if (server != null) {
            server.close();
        }
    }
}
