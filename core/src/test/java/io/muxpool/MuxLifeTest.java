package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.muxpool.testkit.CountingSsh;
import io.muxpool.testkit.FullRun;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import io.muxpool.testkit.TcpProxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The life of a master under the native transport: what keeps it, what lets it go, what it survives. */
@Timeout(120)
final class MuxLifeTest extends OnOneServer {
    @Test
    void noSshProcessIsStartedForACommand() throws Exception {
        OpenSshServer started = OpenSshServer.start();
        server = started;
        try (CountingSsh counting = CountingSsh.create()) {
            Remote remote = Remote.builder(SshEndpoint.ALIAS)
                    .sshProgram(counting.program())
                    .configFile(started.clientConfig())
                    .socketDir(sockets.path())
                    .build();
            try (ConnectionPool pool = ConnectionPool.open(remote, "counting")) {
                pool.run("true").check();
                int before = counting.count();
                for (int i = 0; i < 20; i++) {
                    pool.run("true").check();
                }
                assertThat(counting.count()).isEqualTo(before);
            }
        }
    }

    @Test
    void aPoolThatIsClosedAtOnceLeavesItsMasterAlive() throws Exception {
        OpenSshServer started = OpenSshServer.start();
        server = started;
        try (TcpProxy proxy = TcpProxy.to(started.port())) {
            Path config = started.clientConfigForPort(proxy.port());
            long master = pidOfMaster(config);
            proxy.delay(Duration.ofMillis(150));
            for (int i = 0; i < 5; i++) {
                Job job = Job.create();
                // Its OPEN goes out as soon as it is connected, and is answered 300 ms later.
                PoolListener hasty = event -> {
                    if (event instanceof PoolEvent.Connected) {
                        CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS)
                                .execute(job::cancel);
                    }
                };
                try (ConnectionPool pool = pool(config).listener(hasty).open()) {
                    JobCancelledException e =
                            catchThrowableOfType(JobCancelledException.class, () -> pool.run(Command.of("true"), job));
                    assertThat(e.commandStarted()).isFalse();
                }
            }
            proxy.delay(Duration.ZERO);
            assertThat(pidOfMaster(config)).isEqualTo(master);
        }
    }

    private long pidOfMaster(Path config) {
        try (ConnectionPool pool = pool(config).open()) {
            return pool.run("true").check().masterPid().orElseThrow();
        }
    }

    @Test
    void aProcessThatExitsWithoutClosingLeavesItsMasterAlive() throws Exception {
        OpenSshServer started = OpenSshServer.start();
        server = started;
        try (TcpProxy proxy = TcpProxy.to(started.port())) {
            proxy.delay(Duration.ofMillis(30));
            String config = started.clientConfigForPort(proxy.port()).toString();
            for (int i = 0; i < 5; i++) {
                try (OtherJvm careless = OtherJvm.start(
                        Careless.class, List.of(), config, sockets.path().toString(), Ssh.program())) {
                    String master = careless.line();
                    assertThat(careless.finish()).isZero();
                    assertThat(master).isNotNull().matches("[0-9]+");
                    // Its OPENs were unanswered, and a command ran, for which the next process makes a master of its
                    // own.
                    assertThat(Processes.awaitGone(Long.parseLong(String.valueOf(master)), Duration.ofMillis(500)))
                            .isFalse();
                }
            }
        }
    }

    /** Runs one command and exits, its channels ahead still opening and its pool still open. */
    static final class Careless {
        private Careless() {}

        public static void main(String[] args) {
            Remote remote = Remote.builder(SshEndpoint.ALIAS)
                    .configFile(Path.of(args[0]))
                    .socketDir(Path.of(args[1]))
                    .sshProgram(args[2])
                    .build();
            ConnectionPool pool =
                    ConnectionPool.builder(remote, "careless").spares(4).open();
            long master = pool.run(Command.of("true").withLogLevel(System.Logger.Level.TRACE))
                    .masterPid()
                    .orElseThrow();
            // The first has ended, and its successor takes one of the spares, so that another is being opened.
            // It runs for as long as nobody ends its input.
            RemoteProcess last = pool.connection().start(Command.of("cat").withLogLevel(System.Logger.Level.TRACE));
            System.out.println(last.isAlive() ? master : "it has ended");
            System.exit(0);
        }
    }

    @FullRun("waits for the questions of a server")
    @Test
    void aServerThatAsksWhetherWeAreThereIsAnswered() throws Exception {
        OpenSshServer.Builder options =
                OpenSshServer.builder().option("ClientAliveInterval", "1").option("ClientAliveCountMax", "1");
        try (ConnectionPool pool = pool(options).open()) {
            long master = pool.run("true").masterPid().orElseThrow();
            pool.run("sleep", "5").check();
            // Idle, with a channel opened ahead.
            Thread.sleep(4000);
            CommandResult after = pool.run("true").check();
            assertThat(after.masterPid().orElseThrow()).isEqualTo(master);
        }
    }

    @FullRun("waits for the time of a pool and of a master")
    @Test
    void anIdlePoolLetsGoOfItsMasterSoThatItsTimeCanRun() throws Exception {
        OpenSshServer started = OpenSshServer.start();
        server = started;
        Remote remote = Remote.builder(SshEndpoint.ALIAS)
                .configFile(started.clientConfig())
                .socketDir(sockets.path())
                // ssh counts whole seconds: one may be over at once.
                .controlPersist(Duration.ofSeconds(2))
                .build();
        try (ConnectionPool pool = ConnectionPool.builder(remote, "idle")
                .idleTime(Duration.ofSeconds(5))
                .open()) {
            long master = pool.run("true").masterPid().orElseThrow();
            // Longer than the master would wait, shorter than we hold it.
            Thread.sleep(3500);
            assertThat(ProcessHandle.of(master)).isPresent();
            assertThat(Processes.awaitGone(master, Duration.ofSeconds(15))).isTrue();
            assertThat(pool.run("echo", "again").check().stdoutText()).isEqualTo("again\n");
        }
    }

    @Test
    void aRekeyUnderLoadLosesNothing() throws Exception {
        OpenSshServer started = OpenSshServer.start();
        server = started;
        Path config = sockets.resolve("config");
        Files.writeString(config, "RekeyLimit 1M\n" + Files.readString(started.clientConfig()));
        byte[] data = new byte[12_000_000];
        new Random(1).nextBytes(data);
        try (ConnectionPool pool = pool(config).open()) {
            assertThat(pool.run(Command.of("cat").withStdin(Input.bytes(data)))
                            .check()
                            .stdout())
                    .isEqualTo(data);
        }
    }

    @Test
    void aChannelOpenedAheadThatTheServerClosesIsReplaced() throws Exception {
        OpenSshServer.Builder options = OpenSshServer.builder().option("ChannelTimeout", "session=1s");
        try (ConnectionPool pool = pool(options).open()) {
            long master = pool.run("true").masterPid().orElseThrow();
            for (int i = 0; i < 3; i++) {
                Thread.sleep(1500);
                assertThat(pool.run("true").check().masterPid().orElseThrow()).isEqualTo(master);
            }
        }
    }

    @Test
    void interruptsRainingOnSomeLeaveTheOthersAlone() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().asOrdinaryUser()).open()) {
            long master = pool.run("true").masterPid().orElseThrow();
            List<Future<?>> steady = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                steady.add(threads.submit(() -> {
                    for (int j = 0; j < 40; j++) {
                        CommandResult result = pool.run("echo", "steady").check();
                        assertThat(result.stdoutText()).isEqualTo("steady\n");
                        assertThat(result.masterPid().orElseThrow()).isEqualTo(master);
                    }
                }));
            }
            Thread rained = new Thread(() -> {
                while (steady.stream().anyMatch(one -> !one.isDone())) {
                    try {
                        pool.run("true");
                    } catch (JobInterruptedException e) {
                        Thread.interrupted();
                    }
                }
            });
            rained.start();
            while (steady.stream().anyMatch(one -> !one.isDone())) {
                rained.interrupt();
                Thread.sleep(3);
            }
            for (Future<?> one : steady) {
                one.get();
            }
            rained.join();
        } finally {
            threads.shutdownNow();
        }
    }

    /** One thread reads for all masters. Held up, it cannot tell of a master's death before a command is written to it. */
    @Test
    void aCommandThatNeverLeftThisProcessRunsElsewhere() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger sent = new AtomicInteger();
        PoolListener counting = event -> {
            if (event instanceof PoolEvent.CommandSent) {
                sent.incrementAndGet();
            }
        };
        PoolListener holding = event -> {
            if (event instanceof PoolEvent.ChannelOpened) {
                held.countDown();
                awaitQuietly(goOn);
            }
        };
        try (ConnectionPool pool =
                        pool(OpenSshServer.builder()).listener(counting).open();
                ConnectionPool other = ConnectionPool.builder(pool.remote(), "other")
                        .listener(holding)
                        .open()) {
            long master = pool.run("true").masterPid().orElseThrow();
            CompletableFuture<CommandResult> first = other.runAsync(Command.of("true"), Job.create());
            held.await();
            Processes.signal(master, "KILL");
            assertThat(Processes.awaitGone(master, Duration.ofSeconds(30))).isTrue();
            CompletableFuture<CommandResult> late = pool.runAsync(Command.of("echo", "late"), Job.create());
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> sent.get() == 2);
            goOn.countDown();
            assertThat(late.get().check().stdoutText()).isEqualTo("late\n");
            assertThat(first.get().exit().success()).isTrue();
        } finally {
            goOn.countDown();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aListenerHearsAConnectionItsChannelsAndItsCommands() {
        List<PoolEvent> events = new CopyOnWriteArrayList<>();
        try (ConnectionPool pool =
                pool(OpenSshServer.builder()).listener(events::add).open()) {
            pool.run("true").check();
            long master = pool.run("true").masterPid().orElseThrow();
            Processes.signal(master, "KILL");
            assertThat(Processes.awaitGone(master, Duration.ofSeconds(30))).isTrue();
            pool.run("true").check();
        }
        assertThat(events)
                .hasAtLeastOneElementOfType(PoolEvent.SlotTaken.class)
                .hasAtLeastOneElementOfType(PoolEvent.Connected.class)
                .anyMatch(event -> event instanceof PoolEvent.ChannelOpened opened && opened.ahead())
                .anyMatch(event -> event instanceof PoolEvent.ChannelOpened opened && !opened.ahead())
                .hasAtLeastOneElementOfType(PoolEvent.CommandSent.class)
                .hasAtLeastOneElementOfType(PoolEvent.ConnectionLost.class)
                .anySatisfy(event -> assertThat(event)
                        .isInstanceOfSatisfying(
                                PoolEvent.CommandEnded.class,
                                ended -> assertThat(ended.outcome()).isEqualTo("success")));
    }
}
