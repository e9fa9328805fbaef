package io.muxpool;

import io.muxpool.testkit.EmbeddedServer;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The contract over ssh -S on a pooled master, on mina's sshd. */
final class ProcessEmbeddedContractTest extends TransportContract {
    private @Nullable EmbeddedServer server;

    @Override
    Remote start(Path socketDir) {
        EmbeddedServer started = EmbeddedServer.start();
        server = started;
        return Remote.builder(SshEndpoint.ALIAS)
                .sshProgram(Ssh.program())
                .configFile(started.clientConfig())
                .socketDir(socketDir)
                .transport(TransportKind.PROCESS)
                .build();
    }

    @Override
    void stop() {
        if (server != null) {
            server.close();
        }
    }
}
