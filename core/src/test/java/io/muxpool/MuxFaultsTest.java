package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.muxpool.testkit.FullRun;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Masters that hang or die under the native transport, and many threads at once, on a real sshd. */
@Timeout(120)
class MuxFaultsTest {
    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private final ShortTemp sockets = ShortTemp.create();
    private final OpenSshServer server = OpenSshServer.start();
    private final AtomicInteger opened = new AtomicInteger();

    @AfterEach
    void stop() {
        LeakCheck.endMasters(sockets.path());
        server.close();
        sockets.close();
    }

    private Remote remote() {
        return Remote.builder(SshEndpoint.ALIAS)
                .sshProgram(Ssh.program())
                .configFile(server.clientConfig())
                .socketDir(sockets.path())
                .transport(TransportKind.MUX)
                .build();
    }

    private ConnectionPool.Builder builder(Remote remote, String name) {
        return ConnectionPool.builder(remote, name).listener(event -> {
            if (event instanceof PoolEvent.ChannelOpened) {
                opened.incrementAndGet();
            }
        });
    }

    private ConnectionPool open() {
        return builder(remote(), "faults").open();
    }

    /**
     * The master of a pool that has run a command, and has opened the channel for the next: without it, whatever is run
     * when the master hangs could only be said to have not started.
     */
    private long warmMaster(ConnectionPool pool) {
        long master = pool.run("true").check().masterPid().orElseThrow();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> opened.get() >= 2);
        return master;
    }

    @Test
    void aStoppedMasterIsLeftForAnotherAndItsCommandIsUnknown() {
        try (ConnectionPool pool = open()) {
            long stopped = warmMaster(pool);
            Processes.signal(stopped, "STOP");
            try {
                // On the channel opened ahead: it was sent, so nobody may say that it was not.
                OutcomeUnknownException lost = catchThrowableOfType(
                        OutcomeUnknownException.class,
                        () -> pool.run(Command.of("echo", "lost"), Job.withTimeout(Duration.ofSeconds(40))));
                assertThat(lost).isNotNull();
                CommandResult second = pool.run(Command.of("echo", "again"), Job.withTimeout(Duration.ofSeconds(30)));
                assertThat(second.check().stdoutText()).isEqualTo("again\n");
                assertThat(second.masterPid().orElseThrow()).isNotEqualTo(stopped);
            } finally {
                Processes.signal(stopped, "CONT");
                Processes.signal(stopped, "TERM");
            }
            assertThat(Processes.awaitGone(stopped, Duration.ofSeconds(30))).isTrue();
            assertThat(pool.run("true").check().reused()).isTrue();
        }
    }

    @Test
    void aJobsDeadlineIsKeptWhileAMasterHangs() {
        Remote remote = remote().toBuilder().killGrace(Duration.ofMillis(200)).build();
        try (ConnectionPool pool = builder(remote, "kept").open()) {
            long stopped = warmMaster(pool);
            Processes.signal(stopped, "STOP");
            try {
                long start = System.nanoTime();
                JobTimeoutException e = catchThrowableOfType(
                        JobTimeoutException.class,
                        () -> pool.run(Command.of("true"), Job.withTimeout(Duration.ofSeconds(1))));
                assertThat(e.ending().fate()).isEqualTo(Ending.Fate.NOT_CONFIRMED);
                // The grace of 0.2 s, and 0.6 s for answers; a hung master gives none, and is not asked for 5 s.
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
            } finally {
                Processes.signal(stopped, "CONT");
            }
        }
    }

    /** It was to be shut down, being full of the command that may go on, and that asked the hung master for 5 s. */
    @Test
    void callIsBackSoonAfterItsDeadlineThoughItsHungConnectionIsGivenUp() {
        Remote remote = remote().toBuilder().killGrace(Duration.ofMillis(200)).build();
        try (ConnectionPool pool = builder(remote, "full").capacity(1).open()) {
            assertBackInTime(pool, Duration.ofSeconds(1));
        }
    }

    /** After 5 s of silence its master is asked, which takes a hung one 5 s more. */
    @FullRun("waits until a silent master is asked")
    @Test
    void callIsBackSoonAfterItsDeadlineThoughItsSilentMasterWouldBeAsked() {
        Remote remote = remote().toBuilder().killGrace(Duration.ofMillis(200)).build();
        try (ConnectionPool pool = builder(remote, "silent").open()) {
            assertBackInTime(pool, Duration.ofMillis(6500));
        }
    }

    @FullRun("waits until a silent master is asked")
    @Test
    void cancelIsHeardWhileASilentMasterIsAsked() throws Exception {
        Remote remote = remote().toBuilder().killGrace(Duration.ofMillis(200)).build();
        try (ConnectionPool pool = builder(remote, "cancelled").open()) {
            long master = warmMaster(pool);
            Processes.signal(master, "STOP");
            try {
                Job job = Job.create();
                CompletableFuture<CommandResult> running = pool.runAsync(Command.of("true"), job);
                // After 5 s of silence it is asked, for 5 s.
                Thread.sleep(6000);
                long start = System.nanoTime();
                job.cancel();
                assertThat(running).failsWithin(Duration.ofSeconds(20));
                // Not the 4 s that it would still be asked for.
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(2500));
            } finally {
                Processes.signal(master, "CONT");
            }
        }
    }

    private void assertBackInTime(ConnectionPool pool, Duration timeout) {
        long master = warmMaster(pool);
        Processes.signal(master, "STOP");
        try {
            long start = System.nanoTime();
            JobTimeoutException e = catchThrowableOfType(
                    JobTimeoutException.class, () -> pool.run(Command.of("true"), Job.withTimeout(timeout)));
            // The grace of 0.2 s and 0.6 s for answers, and not the 3.5 s or more that a hung master would be asked
            // for.
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(timeout.plusMillis(2500));
            assertThat(e.ending().fate()).isEqualTo(Ending.Fate.NOT_CONFIRMED);
        } finally {
            Processes.signal(master, "CONT");
        }
    }

    @Test
    void manyThreadsOnOneColdPoolGetTheirOwnOutputs() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(50);
        try (ConnectionPool pool = open()) {
            List<Future<String>> outputs = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String word = "word-" + i;
                outputs.add(threads.submit(() -> pool.run("echo", word).check().stdoutText()));
            }
            for (int i = 0; i < 200; i++) {
                assertThat(outputs.get(i).get()).isEqualTo("word-" + i + "\n");
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aKilledMasterLeavesTheOutcomeOpenAndTheNextCommandIsWellAgain() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (ConnectionPool pool = open()) {
            long master = pool.run("true").check().masterPid().orElseThrow();
            String time = "30." + ProcessHandle.current().pid();
            Future<CommandResult> running = thread.submit(() -> pool.run("sleep", time));
            assertThat(Processes.awaitWithArgument("sleep " + time, Duration.ofSeconds(30)))
                    .isTrue();
            Processes.signal(master, "KILL");
            assertThat(running)
                    .failsWithin(Duration.ofSeconds(30))
                    .withThrowableThat()
                    .withCauseInstanceOf(OutcomeUnknownException.class);
            assertThat(pool.run("echo", "well").check().stdoutText()).isEqualTo("well\n");
        } finally {
            thread.shutdownNow();
        }
    }
}
