package io.muxpool;

import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The contract over plain ssh, a connection a command, on OpenSSH's sshd. */
final class PlainContractTest extends TransportContract {
    private @Nullable OpenSshServer server;

    @Override
    Remote start(Path socketDir) {
        OpenSshServer started = OpenSshServer.start();
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
