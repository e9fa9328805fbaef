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

    /** This server does not say whether a key has a forced command, and this transport keeps nothing between commands. */
    @Override
    Ending endingOfAKilledCommand() {
        return Ending.notConfirmed(
                "ssh cannot signal the other side, and whether its account has a forced command, which"
                        + " another session would run once more, is not known");
    }
}
