package io.muxpool.stress;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.Command;
import io.muxpool.ConnectionPool;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.testkit.EmbeddedServer;
import io.muxpool.testkit.FullRun;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Many commands, one after another, by eight threads of one JVM: heap, threads and descriptors are the same near the end as
 * near the beginning. {@code -Dmuxpool.soak=N} says how many commands, and a twentieth of them on a real sshd.
 */
@FullRun("many thousand commands in one JVM")
@Timeout(value = 1, unit = TimeUnit.HOURS)
class SoakTest {
    private static final int COMMANDS = Integer.getInteger("muxpool.soak", 20_000);
    private static final int THREADS = 8;
    private static final int PARTS = 10;

    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    @Test
    void embeddedServerSeesManyCommandsAndNothingGrows() throws Exception {
        try (EmbeddedServer server = EmbeddedServer.startWithBuiltins()) {
            soak(server, COMMANDS);
        }
    }

    @Test
    void realServerSeesManyCommandsAndNothingGrows() throws Exception {
        try (OpenSshServer server = OpenSshServer.start()) {
            soak(server, COMMANDS / 20);
        }
    }

    @SuppressWarnings("SystemOut") // the figures are what a run is for
    private static void soak(SshEndpoint server, int commands) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (ShortTemp temp = ShortTemp.create()) {
            Remote remote = Remote.builder(SshEndpoint.ALIAS)
                    .sshProgram(Ssh.program())
                    .configFile(server.clientConfig())
                    .socketDir(temp.path())
                    .transport(TransportKind.MUX)
                    .build();
            try (ConnectionPool pool = ConnectionPool.open(remote, "soak")) {
                List<Holding> held = new ArrayList<>();
                long start = System.nanoTime();
                for (int part = 0; part < PARTS; part++) {
                    run(pool, threads, commands / PARTS);
                    held.add(Holding.now());
                }
                double seconds = (System.nanoTime() - start) / 1e9;
                Holding first = held.get(1);
                Holding last = held.get(PARTS - 1);
                System.out.printf(
                        "%d commands on %s in %.0f s; after 20 %%: %s; after all: %s%n",
                        commands, server.getClass().getSimpleName(), seconds, first, last);
                assertThat(last.growthSince(first)).isEmpty();
            } finally {
                LeakCheck.endMasters(temp.path());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static void run(ConnectionPool pool, ExecutorService threads, int commands) throws Exception {
        AtomicInteger next = new AtomicInteger();
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            running.add(threads.submit(() -> {
                for (int n; (n = next.getAndIncrement()) < commands; ) {
                    String word = "word-" + n;
                    assertThat(pool.run(Command.of("/bin/echo", word).withLogLevel(Level.TRACE))
                                    .check()
                                    .stdoutText())
                            .isEqualTo(word + "\n");
                }
            }));
        }
        for (Future<?> one : running) {
            one.get();
        }
    }
}
