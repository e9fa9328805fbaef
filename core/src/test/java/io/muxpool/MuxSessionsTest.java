package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How many sessions a server allows, and what a refusal does: to the master, to the command, to the next process. */
@Timeout(120)
final class MuxSessionsTest extends OnOneServer {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aLimitBelowTheCapacityIsLearnedAndEveryCommandRunsOnce(int limit) throws Exception {
        Path journal = Files.createFile(sockets.resolve("journal"));
        OpenSshServer.Builder options = OpenSshServer.builder().option("MaxSessions", String.valueOf(limit));
        try (ConnectionPool pool = pool(options).open()) {
            runInParallel(pool, journal, 40);
            assertThat(pool.toString()).contains("capacity " + limit + ",");
        }
        assertThat(Files.readAllLines(journal)).doesNotHaveDuplicates().hasSize(40);
        // The next process need not learn it again: nothing is refused any more, as soon as the server has seen the end
        // of
        // the sessions before.
        AtomicInteger processes = new AtomicInteger(1);
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
            int refused = refusals();
            try (ConnectionPool next =
                    pool(Objects.requireNonNull(server).clientConfig()).open()) {
                runInParallel(next, journal, 40);
                assertThat(next.toString()).contains("capacity " + limit + ",");
            }
            processes.incrementAndGet();
            return refusals() == refused;
        });
        assertThat(Files.readAllLines(journal)).hasSize(40 * processes.get());
    }

    private static void runInParallel(ConnectionPool pool, Path journal, int commands) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<CommandResult>> results = new ArrayList<>();
            for (int i = 0; i < commands; i++) {
                String word = UUID.randomUUID().toString();
                results.add(threads.submit(() -> pool.run(Command.shell("echo " + word + " | tee -a " + journal))
                        .check()));
            }
            for (Future<CommandResult> result : results) {
                assertThat(result.get().stdoutText()).hasSize(37);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private int refusals() {
        return Objects.requireNonNull(server).log().split("no more sessions", -1).length - 1;
    }

    /** What a process before us left running takes sessions of its master's, which therefore is not handed on. */
    @Test
    void sessionsThatWereLeftBehindAreNotHandedOnWithTheirMaster() throws Exception {
        String time = "60.3" + ProcessHandle.current().pid();
        OpenSshServer.Builder options = OpenSshServer.builder()
                .option("MaxSessions", "4")
                .option(
                        "ForceCommand",
                        "case $SSH_ORIGINAL_COMMAND in hang) exec sleep " + time + ";; slow) sleep 2;; *) exit;; esac");
        OpenSshServer started = options.start();
        server = started;
        try {
            long master;
            try (ConnectionPool before = pool(started.clientConfig()).spares(0).open()) {
                master = before.run("true").masterPid().orElseThrow();
                for (int i = 0; i < 3; i++) {
                    assertThatThrownBy(() -> before.run(Command.of("hang"), Job.withTimeout(Duration.ofMillis(700))))
                            .isInstanceOf(JobTimeoutException.class);
                }
            }
            try (ConnectionPool pool = pool(started.clientConfig()).spares(0).open()) {
                assertThat(pool.run("true").masterPid().orElseThrow()).isNotEqualTo(master);
                List<CompletableFuture<CommandResult>> slow = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    slow.add(pool.runAsync(Command.of("slow"), Job.create()));
                }
                for (CompletableFuture<CommandResult> one : slow) {
                    one.get(30, TimeUnit.SECONDS).check();
                }
                assertThat(refusals()).isZero();
                assertThat(pool.toString()).contains("capacity 8");
            }
        } finally {
            Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
        }
    }

    @Test
    void aServerThatAllowsNoSessionAtAllIsAnErrorThatSaysSo() {
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().option("MaxSessions", "0")).open()) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(SshConnectException.class)
                    .hasMessageContaining("MaxSessions");
        }
    }

    @Test
    void aTightLoopAtExactlyTheLimitLosesNoConnection() throws Exception {
        OpenSshServer.Builder options = OpenSshServer.builder().option("MaxSessions", "10");
        try (ConnectionPool pool = pool(options).capacity(8).maxConnections(1).open()) {
            long master = pool.run("true").masterPid().orElseThrow();
            runInParallel(pool, Files.createFile(sockets.resolve("journal")), 300);
            assertThat(pool.run("true").masterPid().orElseThrow()).isEqualTo(master);
            assertThat(refusals()).isZero();
        }
    }
}
