package io.muxpool;

import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The contract over ssh -S on a pooled master, on OpenSSH's sshd. */
final class ProcessContractTest extends TransportContract {
    private @Nullable OpenSshServer server;

    @Override
    Remote start(Path socketDir) {
        OpenSshServer started = OpenSshServer.start();
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
