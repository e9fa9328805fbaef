package io.muxpool;

import io.muxpool.testkit.EmbeddedServer;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The contract over plain ssh, a connection a command, on mina's sshd. */
final class PlainEmbeddedContractTest extends TransportContract {
    private @Nullable EmbeddedServer server;

    @Override
    Remote start(Path socketDir) {
        EmbeddedServer started = EmbeddedServer.start();
        server = started;
        return Remote.builder(SshEndpoint.ALIAS)
                .sshProgram(Ssh.program())
                .configFile(started.clientConfig())
                .socketDir(socketDir)
                .reuseConnection(false)
                .build();
    }

    @Override
    void stop() {
        if (server != null) {
            server.close();
        }
    }
}
