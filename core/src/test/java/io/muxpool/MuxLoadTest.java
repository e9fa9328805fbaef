package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.EmbeddedServer;
import io.muxpool.testkit.FullRun;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Many commands, and much output, over the native transport. {@code -Dmuxpool.load=long} runs 64 threads with 1000 commands
 * each; the default is 64 with 20.
 */
@FullRun("64 threads, and a gigabyte through a slow reader")
@Timeout(900)
class MuxLoadTest {
    private static final int EACH = "long".equals(System.getProperty("muxpool.load")) ? 1000 : 100;

    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private static Remote remote(SshEndpoint server, Path sockets) {
        return Remote.builder(SshEndpoint.ALIAS)
                .sshProgram(Ssh.program())
                .configFile(server.clientConfig())
                .socketDir(sockets)
                .transport(TransportKind.MUX)
                .build();
    }

    @Test
    void sixtyFourThreadsOnFourConnectionsEachGetTheirOwnOutput() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(64);
        try (ShortTemp temp = ShortTemp.create();
                EmbeddedServer server = EmbeddedServer.startWithBuiltins();
                ConnectionPool pool = ConnectionPool.builder(remote(server, temp.path()), "load")
                        .maxConnections(4)
                        .open()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                int thread = i;
                running.add(threads.submit(() -> {
                    for (int j = 0; j < EACH; j++) {
                        String word = thread + "/" + j;
                        assertThat(pool.run(Command.of("echo", word).withLogLevel(System.Logger.Level.TRACE))
                                        .check()
                                        .stdoutText())
                                .isEqualTo(word + "\n");
                    }
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
            assertThat(pool.toString()).contains("connections 4, free slots 32");
            pool.close();
            LeakCheck.endMasters(temp.path());
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aGigabyteThroughASlowReaderFitsIntoASmallHeap() throws Exception {
        try (ShortTemp temp = ShortTemp.create();
                OpenSshServer server = OpenSshServer.start()) {
            try (OtherJvm reader = OtherJvm.start(
                    SlowReader.class,
                    List.of("-Xmx64m"),
                    server.clientConfig().toString(),
                    temp.path().toString(),
                    Ssh.program())) {
                assertThat(reader.line()).isEqualTo("1000000000 bytes, all zero");
                assertThat(reader.finish()).isZero();
            }
            LeakCheck.endMasters(temp.path());
        }
    }

    /** Reads a gigabyte, slowly at first. */
    static final class SlowReader {
        private SlowReader() {}

        public static void main(String[] args) throws Exception {
            Remote remote = Remote.builder(SshEndpoint.ALIAS)
                    .sshProgram(args[2])
                    .configFile(Path.of(args[0]))
                    .socketDir(Path.of(args[1]))
                    .transport(TransportKind.MUX)
                    .build();
            try (ConnectionPool pool = ConnectionPool.open(remote, "slow");
                    Connection connection = pool.connection()) {
                RemoteProcess much = connection.start(
                        Command.of("head", "-c", "1000000000", "/dev/zero").withLogLevel(System.Logger.Level.TRACE));
                InputStream from = much.getInputStream();
                byte[] buffer = new byte[64 * 1024];
                long sum = 0;
                long others = 0;
                for (int n; (n = from.read(buffer)) >= 0; ) {
                    for (int i = 0; i < n; i++) {
                        others += buffer[i] == 0 ? 0 : 1;
                    }
                    sum += n;
                    if (sum < 10_000_000) {
                        Thread.sleep(5);
                    }
                }
                System.out.println(sum + " bytes, " + (others == 0 ? "all zero" : others + " not zero"));
            }
        }
    }
}
