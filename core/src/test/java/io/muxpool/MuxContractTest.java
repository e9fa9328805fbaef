package io.muxpool;

import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The contract over channels of a pooled master, on OpenSSH's sshd. */
final class MuxContractTest extends TransportContract {
    private @Nullable OpenSshServer server;

    @Override
    Remote start(Path socketDir) {
        OpenSshServer started = OpenSshServer.builder().asOrdinaryUser().start();
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
