package io.muxpool.stress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.ConnectionPool;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.testkit.EmbeddedServer;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;

/** A connection to another host, which is in order: on the same loop as the fuzzed ones, and none of their business. */
final class Neighbour implements AutoCloseable {
    private static final Duration PATIENT = Duration.ofSeconds(20);

    private final EmbeddedServer server = EmbeddedServer.startWithBuiltins();
    private final Path sockets;
    private final ConnectionPool pool;
    private final OptionalLong master;

    Neighbour(ShortTemp temp) {
        this.sockets = temp.resolve("n");
        this.pool = ConnectionPool.open(
                Remote.builder(SshEndpoint.ALIAS)
                        .sshProgram(Ssh.program())
                        .configFile(server.clientConfig())
                        .socketDir(sockets)
                        .transport(TransportKind.MUX)
                        .build(),
                "neighbour");
        this.master = run().masterPid();
    }

    private CommandResult run() {
        return pool.run(Command.of("echo", "hi"), Job.withTimeout(PATIENT));
    }

    /** Its commands run as ever, and over the master that it had from the first. */
    void requireUnharmed() {
        CommandResult result = run();
        assertThat(result.exit()).isEqualTo(new Exit.Exited(0));
        assertThat(result.stdoutText()).isEqualTo("hi\n");
        assertThat(result.masterPid()).isEqualTo(master);
    }

    @Override
    public void close() {
        pool.close();
        LeakCheck.endMasters(sockets);
        server.close();
    }
}
