package io.muxpool;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tests of the native transport on a real sshd, each with a server and a socket directory of its own. */
abstract class OnOneServer {
    @RegisterExtension
    final LeakCheck leaks =
            LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop|async).*"));

    final ShortTemp sockets = ShortTemp.create();

    @Nullable OpenSshServer server;

    @AfterEach
    void stop() {
        LeakCheck.endMasters(sockets.path());
        if (server != null) {
            server.close();
        }
        sockets.close();
    }

    final ConnectionPool.Builder pool(OpenSshServer.Builder options) {
        OpenSshServer started = options.start();
        server = started;
        return pool(started.clientConfig());
    }

    final ConnectionPool.Builder pool(Path config) {
        return ConnectionPool.builder(remote(config).build(), getClass().getSimpleName());
    }

    final Remote.Builder remote(Path config) {
        return Remote.builder(SshEndpoint.ALIAS)
                .sshProgram(Ssh.program())
                .configFile(config)
                .socketDir(sockets.path())
                .transport(TransportKind.MUX)
                .killGrace(Duration.ofSeconds(1));
    }
}
