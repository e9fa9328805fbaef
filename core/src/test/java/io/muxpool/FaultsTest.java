package io.muxpool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import io.muxpool.testkit.TcpProxy;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What goes wrong around a command, on real OpenSSH: each fault with its exception, and a message to act on. */
@Timeout(120)
final class FaultsTest {
    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private ShortTemp sockets = ShortTemp.create();
    private OpenSshServer server = OpenSshServer.start();
    private HeldOpen heldOpen = new HeldOpen();

    @BeforeEach
    void start() {
        heldOpen = new HeldOpen();
    }

    @AfterEach
    void stop() {
        heldOpen.close();
        LeakCheck.endMasters(sockets.path());
        server.close();
        sockets.close();
    }

    private Remote remote(UnaryOperator<Remote.Builder> options) {
        return options.apply(Remote.builder(SshEndpoint.ALIAS)
                        .configFile(server.clientConfig())
                        .socketDir(sockets.path())
                        .transport(TransportKind.PROCESS))
                .build();
    }

    private ConnectionPool open(UnaryOperator<Remote.Builder> options) {
        return ConnectionPool.open(remote(options), "faults");
    }

    private ConnectionPool open() {
        return open(UnaryOperator.identity());
    }

    /** Runs until its connection is gone. */
    private Command endless() {
        return Command.shell("echo started; exec cat").withStdin(Input.stream(heldOpen));
    }

    private static OutputStream onFirstByte(Runnable action) {
        return new OutputStream() {
            @Override
            public void write(int b) {
                action.run();
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                action.run();
            }
        };
    }

    @Test
    void aMissingSshIsNamedWithHowToInstallIt() {
        try (ConnectionPool pool = open(remote -> remote.sshProgram("no-such-ssh"))) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOfSatisfying(
                            NotStartedException.class,
                            e -> assertThat(e.retrySafe()).isFalse())
                    .hasMessageContaining("no-such-ssh")
                    .hasMessageContaining("apt-get install openssh-client");
        }
        // Before anything else: not even a directory was made.
        assertThat(sockets.path()).isEmptyDirectory();
    }

    @Test
    void anUnresolvableHostIsNotStartedAndSafeToRetry() {
        Remote remote = Remote.builder("nobody@no-such-host.invalid")
                .socketDir(sockets.path())
                .build();
        try (ConnectionPool pool = ConnectionPool.open(remote, "faults")) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOfSatisfying(
                            SshConnectException.class,
                            e -> assertThat(e.retrySafe()).isTrue())
                    .hasMessageContaining("no-such-host.invalid")
                    .hasMessageContaining("Could not resolve hostname");
        }
    }

    @Test
    void aRefusedPortIsNotStartedWithSshsWordsAndCommandLine() {
        server.stop();
        try (ConnectionPool pool = open()) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(SshConnectException.class)
                    .hasMessageContaining("Connection refused")
                    .hasMessageContaining("-M -oControlPersist=600s box")
                    .hasMessageContaining("-v");
        }
    }

    @Test
    void aWrongHostKeyIsNotStarted() {
        try (ConnectionPool pool = open(remote -> remote.configFile(server.clientConfigWithWrongHostKey()))) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(SshConnectException.class)
                    .hasMessageContaining("Host key verification failed");
        }
    }

    @Test
    void aRefusedLoginIsNotStarted() {
        try (ConnectionPool pool = open(remote -> remote.configFile(server.clientConfigWithUnknownUserKey()))) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(SshConnectException.class)
                    .hasMessageContaining("Permission denied");
        }
    }

    @Test
    void plainSshTellsTheSameFailuresFromAnUnknownOutcome() {
        for (Path config : List.of(server.clientConfigWithWrongHostKey(), server.clientConfigWithUnknownUserKey())) {
            try (ConnectionPool pool = open(remote -> remote.configFile(config).transport(TransportKind.PLAIN))) {
                assertThatThrownBy(() -> pool.run("true")).isInstanceOf(SshConnectException.class);
            }
        }
        try (ConnectionPool pool = open(remote -> remote.transport(TransportKind.PLAIN))) {
            assertThatThrownBy(() -> pool.run(endless().withStdout(Output.stream(onFirstByte(server::stop)))))
                    .isInstanceOf(OutcomeUnknownException.class)
                    .hasMessageContaining("may have been sent");
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(SshConnectException.class)
                    .hasMessageContaining("Connection refused");
        }
    }

    @Test
    void anUnsafeSocketDirectoryIsRefusedAndLeftAsItIs() throws IOException {
        Path open = sockets.resolve("open");
        Files.createDirectory(open);
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path link = Files.createSymbolicLink(sockets.resolve("link"), Files.createDirectory(sockets.resolve("real")));
        for (Path unsafe : List.of(open, link)) {
            try (ConnectionPool pool = open(remote -> remote.socketDir(unsafe))) {
                assertThatThrownBy(() -> pool.run("true"))
                        .isInstanceOf(SocketDirectoryException.class)
                        .hasMessageContaining(unsafe.toString())
                        .hasMessageContaining(unsafe.equals(open) ? "chmod 700" : "a symbolic link");
            }
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(open)))
                .isEqualTo("rwxr-xr-x");
    }

    @Test
    void aPathThatNoSocketFitsInIsRefusedWithBothSizes() {
        Path deep = sockets.resolve("d".repeat(60));
        try (ConnectionPool pool = open(remote -> remote.socketDir(deep))) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(SocketDirectoryException.class)
                    .hasMessageContaining("90")
                    .hasMessageContaining(
                            String.valueOf(deep.toString().length() + "/process/".length() + 22 + "/c/".length() + 12));
        }
        assertThat(deep).doesNotExist();
    }

    @Test
    void aReadOnlySocketDirectoryIsNotStartedWithARemedy() {
        // Nobody can make a directory there, not even root.
        Path readOnly = Path.of("/proc/muxpool");
        assumeThat(Path.of("/proc/self"))
                .as("needs a /proc, where nothing can be made")
                .exists();
        try (ConnectionPool pool = open(remote -> remote.socketDir(readOnly))) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(SocketDirectoryException.class)
                    .hasMessageContaining("/proc/muxpool")
                    .hasMessageContaining("--socket-dir");
        }
    }

    @Test
    void aFullDiskIsNotStartedWithARemedy() throws Exception {
        Path full = Files.createDirectory(sockets.resolve("full"));
        assumeThat(run("mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=8,mode=700", "tmpfs", full.toString()))
                .as("needs the right to mount a small file system")
                .isZero();
        try (ConnectionPool pool = open(remote -> remote.socketDir(full))) {
            Files.writeString(full.resolve("fill"), "x");
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOfSatisfying(
                            NotStartedException.class,
                            e -> assertThat(e.retrySafe()).isFalse())
                    .hasMessageContaining("No space left on device")
                    .hasMessageContaining("space");
        } finally {
            assertThat(run("umount", full.toString())).isZero();
        }
    }

    @Test
    void aMasterKilledBetweenTwoCommandsIsReplaced() {
        try (ConnectionPool pool = open()) {
            long first = pool.run("true").masterPid().orElseThrow();
            Processes.signal(first, "KILL");
            assertThat(Processes.awaitGone(first, Duration.ofSeconds(30))).isTrue();
            CommandResult result = pool.run("echo", "again").check();
            assertThat(result.stdoutText()).isEqualTo("again\n");
            assertThat(result.masterPid().orElseThrow()).isNotEqualTo(first);
            assertThat(result.reused()).isFalse();
        }
    }

    @Test
    void aMasterKilledDuringACommandLeavesItsOutcomeUnknown() {
        try (ConnectionPool pool = open()) {
            long master = pool.run("true").masterPid().orElseThrow();
            Command killed = endless().withStdout(Output.stream(onFirstByte(() -> Processes.signal(master, "KILL"))));
            assertThatThrownBy(() -> pool.run(killed))
                    .isInstanceOfSatisfying(
                            OutcomeUnknownException.class,
                            e -> assertThat(e.retrySafe()).isFalse())
                    .hasMessageContaining("was lost");
            assertThat(pool.run("echo", "again").check().stdoutText()).isEqualTo("again\n");
        }
    }

    @Test
    void aServerStoppedDuringACommandLeavesItsOutcomeUnknown() {
        try (ConnectionPool pool = open()) {
            pool.run("true").check();
            assertThatThrownBy(() -> pool.run(endless().withStdout(Output.stream(onFirstByte(server::stop)))))
                    .isInstanceOf(OutcomeUnknownException.class);
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(SshConnectException.class)
                    .hasMessageContaining("Connection refused");
        }
    }

    @Test
    void aStatusOf255IsNeitherSuccessNorUnknownWhileTheMasterLives() {
        try (ConnectionPool pool = open()) {
            Exit exit = pool.run("sh", "-c", "exit 255").exit();
            assertThat(exit).isInstanceOf(Exit.Ambiguous.class);
            assertThat(exit.shellCode()).isEqualTo(255);
            assertThat(exit.success()).isFalse();
        }
    }

    @Test
    void aStoppedMasterIsLeftForAnotherWithinItsCap() {
        try (ConnectionPool pool = open()) {
            CommandResult first = pool.run("true").check();
            long stopped = first.masterPid().orElseThrow();
            Processes.signal(stopped, "STOP");
            try {
                CommandResult second = pool.run(Command.of("echo", "again"), Job.withTimeout(Duration.ofSeconds(30)));
                assertThat(second.check().stdoutText()).isEqualTo("again\n");
                assertThat(second.masterPid().orElseThrow()).isNotEqualTo(stopped);
            } finally {
                Processes.signal(stopped, "CONT");
                Processes.signal(stopped, "TERM");
            }
            assertThat(Processes.awaitGone(stopped, Duration.ofSeconds(30))).isTrue();
            // Its end took nothing from its successor, whose socket has another name.
            assertThat(pool.run("true").check().reused()).isTrue();
        }
    }

    @Test
    void aJobsDeadlineIsKeptWhileAMasterHangs() {
        try (ConnectionPool pool = open()) {
            long stopped = pool.run("true").check().masterPid().orElseThrow();
            Processes.signal(stopped, "STOP");
            try {
                long start = System.nanoTime();
                JobTimeoutException e = catchThrowableOfType(
                        JobTimeoutException.class,
                        () -> pool.run(Command.of("true"), Job.withTimeout(Duration.ofSeconds(1))));
                assertThat(e.commandStarted()).isFalse();
                // The cap for a hung master is 5 s: the job did not wait for that.
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
            } finally {
                Processes.signal(stopped, "CONT");
            }
        }
    }

    @Test
    void aStaleSocketIsReplaced() throws IOException {
        Path socket;
        try (ConnectionPool pool = open()) {
            long master = pool.run("true").masterPid().orElseThrow();
            socket = Leases.list(sockets.path()).get(0).socket();
            Processes.signal(master, "TERM");
            assertThat(Processes.awaitGone(master, Duration.ofSeconds(30))).isTrue();
            Files.deleteIfExists(socket);
            // Bound, and nobody listens any more: what a killed master leaves.
            ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                    .bind(UnixDomainSocketAddress.of(socket))
                    .close();
            assertThat(socket).exists();
            assertThat(pool.run("echo", "again").check().stdoutText()).isEqualTo("again\n");
        }
    }

    @Test
    void aRegularFileAtTheSocketPathIsLeftAloneAndAnotherPathUsed() throws IOException {
        try (ConnectionPool pool = open()) {
            long master = pool.run("true").masterPid().orElseThrow();
            Path socket = Leases.list(sockets.path()).get(0).socket();
            Processes.signal(master, "TERM");
            assertThat(Processes.awaitGone(master, Duration.ofSeconds(30))).isTrue();
            Files.writeString(socket, "precious");
            assertThat(pool.run("echo", "again").check().stdoutText()).isEqualTo("again\n");
            assertThat(socket).hasContent("precious");
        }
    }

    @Test
    void outputLostWithTheMasterAfterTheExitStatusIsNeverASuccess() {
        try (ConnectionPool pool = open()) {
            long master = pool.run("true").check().masterPid().orElseThrow();
            assertOutputLoss(pool, () -> {
                Processes.signal(master, "KILL");
                assertThat(Processes.awaitGone(master, Duration.ofSeconds(30))).isTrue();
            });
        }
    }

    @Test
    void outputLostWithAPlainConnectionAfterTheExitStatusIsNeverASuccess() {
        try (ConnectionPool pool = open(remote -> remote.transport(TransportKind.PLAIN))) {
            assertOutputLoss(pool, () -> {
                server.killConnections();
                for (long ssh : Processes.withArgument(server.clientConfig().toString())) {
                    assertThat(Processes.awaitGone(ssh, Duration.ofSeconds(30))).isTrue();
                }
            });
        }
    }

    @Test
    void aPlainSshWhoseLogGrowsLongIsStillUnderstood() {
        try (ConnectionPool pool = open(remote -> remote.transport(TransportKind.PLAIN))) {
            Command much = Command.shell("head -c 700000000 /dev/zero; exit 3").withStdout(Output.discard());
            assertThat(pool.run(much).exit()).isEqualTo(new Exit.Exited(3));
        }
    }

    /** Loses the connection when the command has exited with 0, while most of its output still waits for our sink. */
    private void assertOutputLoss(ConnectionPool pool, Runnable lose) {
        Path exited = sockets.resolve("exited");
        Path pipe = sockets.resolve("pipe");
        // All of it fits into the channel's window, so the command need not wait for us. It has the writing end of a
        // pipe
        // open until it is gone, which the watcher waits for.
        Command much = Command.shell("mkfifo " + pipe + "; (cat " + pipe + "; touch " + exited
                + ") </dev/null >/dev/null 2>&1 & exec head -c 1500000 /dev/zero 9>" + pipe);
        boolean[] lost = new boolean[1];
        assertThatThrownBy(() -> pool.run(much.withStdout(Output.stream(onFirstByte(() -> {
                    if (!lost[0]) {
                        lost[0] = true;
                        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(exited));
                        lose.run();
                    }
                })))))
                .isInstanceOf(OutcomeUnknownException.class);
    }

    @Test
    void aProxyCommandOfTheCallersDoesNotLetACommandPastItsMaster() throws Exception {
        server.close();
        server = OpenSshServer.builder().option("MaxSessions", "1").start();
        List<String> options = List.of("-oProxyCommand=none", "-oControlMaster=auto", "-oBatchMode=yes", "-x", "-T");
        CountDownLatch firstRuns = new CountDownLatch(1);
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (ConnectionPool pool = open(remote -> remote.extraOptions(options))) {
            Future<CommandResult> first = thread.submit(
                    () -> pool.run(endless().withStdout(Output.stream(onFirstByte(firstRuns::countDown)))));
            firstRuns.await();
            long second = pool.run("true").check().masterPid().orElseThrow();
            heldOpen.close();
            assertThat(second)
                    .isNotEqualTo(first.get(30, TimeUnit.SECONDS).masterPid().orElseThrow());
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void sessionsHeldByAbandonedCommandsSayNothingOfTheLimit() throws Exception {
        server.close();
        server = OpenSshServer.builder().option("MaxSessions", "2").start();
        Path gate = sockets.resolve("gate");
        assertThat(run("mkfifo", gate.toString())).isZero();
        try (ConnectionPool pool = open()) {
            for (int i = 0; i < 2; i++) {
                abandon(pool, gate);
            }
            pool.run("true").check();
            assertThat(pool.toString()).contains("capacity 8");
            letGo(gate);
        }
    }

    @Test
    void aWarmMasterFullOfAnothersAbandonedCommandsIsReplaced() throws Exception {
        server.close();
        server = OpenSshServer.builder().option("MaxSessions", "1").start();
        Path gate = sockets.resolve("gate");
        assertThat(run("mkfifo", gate.toString())).isZero();
        try (ConnectionPool pool = open()) {
            abandon(pool, gate);
        }
        try (ConnectionPool next = open()) {
            assertThat(next.run("echo", "hello").check().stdoutText()).isEqualTo("hello\n");
        }
        letGo(gate);
    }

    /** Opened for reading, too, so that it does not wait for a reader that may be gone. */
    private static void letGo(Path gate) throws IOException {
        try (RandomAccessFile both = new RandomAccessFile(gate.toFile(), "rw")) {
            both.writeBytes("go\ngo\n");
        }
    }

    /** Leaves a command behind that goes on, and keeps its session, until the gate is written to. */
    private static void abandon(ConnectionPool pool, Path gate) {
        Job job = Job.create();
        Command waits = Command.shell("exec 3<>" + gate + "; echo started; read x <&3")
                .withStdout(Output.stream(onFirstByte(job::cancel)))
                // Not killed, so that it stays.
                .withDetached(true);
        assertThatThrownBy(() -> pool.run(waits, job)).isInstanceOf(JobCancelledException.class);
    }

    @Test
    void manyThreadsOnAHungMasterMoveToOneOther() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (ConnectionPool pool = open()) {
            long stopped = pool.run("true").check().masterPid().orElseThrow();
            Processes.signal(stopped, "STOP");
            try {
                List<Future<CommandResult>> results = IntStream.range(0, 4)
                        .mapToObj(i -> threads.submit(() -> pool.run("true")))
                        .toList();
                long other = results.get(0).get().check().masterPid().orElseThrow();
                for (Future<CommandResult> result : results) {
                    assertThat(result.get().check().masterPid()).hasValue(other);
                }
                assertThat(Processes.withArgument(sockets.path() + "/process"))
                        .containsExactlyInAnyOrder(stopped, other);
                assertThat(Leases.list(sockets.path())).hasSize(1);
            } finally {
                Processes.signal(stopped, "CONT");
                Processes.signal(stopped, "TERM");
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aPoolClosedByAnInterruptedThreadStillStopsItsMasterAndEndsItsLease() {
        ConnectionPool pool = open(remote -> remote.exitOnShutdown(true));
        long master = pool.run("true").check().masterPid().orElseThrow();
        Thread.currentThread().interrupt();
        pool.close();
        assertThat(Thread.interrupted()).as("the flag is still set").isTrue();
        assertThat(Processes.awaitGone(master, Duration.ofSeconds(30))).isTrue();
        assertThat(Leases.list(sockets.path())).isEmpty();
    }

    @Test
    void aSocketDirectoryWithAPercentSignWorks() {
        try (ConnectionPool pool = open(remote -> remote.socketDir(sockets.resolve("a%h")))) {
            pool.run("true").check();
            assertThat(pool.run("true").check().reused()).isTrue();
        }
        assertThat(Leases.list(sockets.resolve("a%h"))).hasSize(1);
    }

    @Test
    void aQuietConfigurationDoesNotHideWhyAConnectFailed() throws IOException {
        Path config = sockets.resolve("config");
        Files.writeString(config, "LogLevel QUIET\n" + Files.readString(server.clientConfig()));
        server.stop();
        try (ConnectionPool pool = open(remote -> remote.configFile(config))) {
            assertThatThrownBy(() -> pool.run("true"))
                    .isInstanceOf(SshConnectException.class)
                    .hasMessageContaining("Connection refused");
        }
    }

    @Test
    void fewerSessionsThanTheCapacityAreLearnedAndSpillOver() throws Exception {
        server.close();
        server = OpenSshServer.builder().option("MaxSessions", "1").start();
        // Not by a stream of ours: a command that is fed from one cannot be moved to another connection.
        Path gate = sockets.resolve("gate");
        assertThat(run("mkfifo", gate.toString())).isZero();
        CountDownLatch bothRun = new CountDownLatch(2);
        Command waits = Command.shell("exec 3<>" + gate + "; echo started; read x <&3")
                .withStdout(Output.stream(onFirstByte(bothRun::countDown)));
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (ConnectionPool pool = open()) {
            List<Future<CommandResult>> running =
                    List.of(threads.submit(() -> pool.run(waits)), threads.submit(() -> pool.run(waits)));
            assertThat(bothRun.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(pool.toString())
                    .contains("capacity 1")
                    .contains("connections 2")
                    .contains("free slots 0");
            letGo(gate);
            long first = running.get(0).get().masterPid().orElseThrow();
            long second = running.get(1).get().masterPid().orElseThrow();
            assertThat(first).isNotEqualTo(second);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aRefusedCommandThatIsFedFromAStreamIsNotStartedButNotRetriedEither() throws Exception {
        server.close();
        server = OpenSshServer.builder().option("MaxSessions", "1").start();
        CountDownLatch firstRuns = new CountDownLatch(1);
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (ConnectionPool pool = open();
                HeldOpen second = new HeldOpen()) {
            Future<CommandResult> first = thread.submit(
                    () -> pool.run(endless().withStdout(Output.stream(onFirstByte(firstRuns::countDown)))));
            firstRuns.await();
            assertThatThrownBy(() -> pool.run(Command.of("cat").withStdin(Input.stream(second))))
                    .isInstanceOfSatisfying(
                            NotStartedException.class,
                            e -> assertThat(e.retrySafe()).isFalse())
                    .hasMessageContaining("fresh one");
            heldOpen.close();
            first.get(30, TimeUnit.SECONDS).check();
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void aHundredThreadsOnOnePoolGetTheirOwnOutputs() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(100);
        // MaxStartups of the test server allows it; what is tested is that nobody waits for ever or gets another's
        // words.
        try (ConnectionPool pool = ConnectionPool.builder(remote(UnaryOperator.identity()), "faults")
                .maxConnections(4)
                .open()) {
            List<Future<String>> outputs = IntStream.range(0, 100)
                    .mapToObj(i -> threads.submit(
                            () -> pool.run("echo", "number " + i).check().stdoutText()))
                    .toList();
            for (int i = 0; i < outputs.size(); i++) {
                assertThat(outputs.get(i).get()).isEqualTo("number " + i + "\n");
            }
            assertThat(pool.toString()).contains("connections 4").contains("free slots 32");
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void moreCallersThanTheMastersBacklogDoNotMakeItPassForHung() throws Exception {
        server.close();
        server = OpenSshServer.builder().option("MaxSessions", "200").start();
        ExecutorService threads = Executors.newFixedThreadPool(120);
        try (ConnectionPool pool = ConnectionPool.builder(remote(UnaryOperator.identity()), "faults")
                .capacity(120)
                .open()) {
            long master = pool.run("true").check().masterPid().orElseThrow();
            // Stopped while they all knock, so that more knock than its backlog holds.
            Processes.signal(master, "STOP");
            List<Future<CommandResult>> results = IntStream.range(0, 120)
                    .mapToObj(i -> threads.submit(() -> pool.run("true")))
                    .toList();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> pool.toString().contains("free slots 0"));
            Processes.signal(master, "CONT");
            for (Future<CommandResult> result : results) {
                assertThat(result.get().check().masterPid()).hasValue(master);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void manyThreadsOnOneColdConnectionMakeOneStart() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (ConnectionPool pool = open()) {
            List<Future<CommandResult>> results = IntStream.range(0, 8)
                    .mapToObj(i -> threads.submit(() -> pool.run("true")))
                    .toList();
            int started = 0;
            for (Future<CommandResult> result : results) {
                started += result.get().check().reused() ? 0 : 1;
            }
            assertThat(started).isEqualTo(1);
            assertThat(server.connections()).hasSize(1);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void whoWaitsBehindAFailedStartSharesItsFailure() throws Exception {
        server.stop();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (ConnectionPool pool = open()) {
            List<Future<CommandResult>> results = IntStream.range(0, 8)
                    .mapToObj(i -> threads.submit(() -> pool.run("true")))
                    .toList();
            for (Future<CommandResult> result : results) {
                assertThatThrownBy(result::get)
                        .isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(SshConnectException.class);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void cancelDeadlineAndInterruptEndAConnectThatHangs() throws Exception {
        try (TcpProxy proxy = TcpProxy.to(server.port());
                ConnectionPool pool = open(remote -> remote.configFile(server.clientConfigForPort(proxy.port())))) {
            proxy.freeze();
            JobTimeoutException timeout = catchThrowableOfType(
                    JobTimeoutException.class,
                    () -> pool.run(Command.of("true"), Job.withTimeout(Duration.ofMillis(700))));
            assertThat(timeout.commandStarted()).isFalse();
            assertThat(timeout).hasMessageContaining("connecting").hasMessageContaining("700ms");

            ExecutorService thread = Executors.newSingleThreadExecutor();
            try {
                Job job = Job.create();
                int before = proxy.connections();
                Future<CommandResult> cancelled = thread.submit(() -> pool.run(Command.of("true"), job));
                Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> proxy.connections() > before);
                job.cancel();
                assertThatThrownBy(() -> cancelled.get(30, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(JobCancelledException.class);

                int beforeInterrupt = proxy.connections();
                Future<CommandResult> interrupted = thread.submit(() -> pool.run("true"));
                Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> proxy.connections() > beforeInterrupt);
                thread.shutdownNow();
                assertThatThrownBy(() -> interrupted.get(30, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(JobInterruptedException.class);
            } finally {
                thread.shutdownNow();
            }
            proxy.thaw();
            assertThat(pool.run("echo", "after all").check().stdoutText()).isEqualTo("after all\n");
        }
    }

    @Test
    void aCancelEndsTheWaitBehindAnothersConnect() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (TcpProxy proxy = TcpProxy.to(server.port());
                ConnectionPool pool = open(remote -> remote.configFile(server.clientConfigForPort(proxy.port())))) {
            proxy.freeze();
            Job connecting = Job.create();
            Future<CommandResult> first = threads.submit(() -> pool.run(Command.of("true"), connecting));
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> proxy.connections() > 0);
            Job waiting = Job.create();
            Thread[] waiter = new Thread[1];
            Future<CommandResult> second = threads.submit(() -> {
                waiter[0] = Thread.currentThread();
                return pool.run(Command.of("true"), waiting);
            });
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> waiter[0] != null && waiter[0].getState() == Thread.State.TIMED_WAITING);
            waiting.cancel();
            assertThatThrownBy(() -> second.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(JobCancelledException.class);
            assertThat(first.isDone()).isFalse();
            connecting.cancel();
            assertThatThrownBy(() -> first.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(JobCancelledException.class);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aConfigurationThatWantsNoInputOrNoCommandDoesNotMakeALieOfTheResult() throws IOException {
        Path config = sockets.resolve("config");
        Files.writeString(
                config,
                "StdinNull yes\nForkAfterAuthentication yes\nSessionType none\n"
                        + Files.readString(server.clientConfig()));
        for (TransportKind kind : List.of(TransportKind.MUX, TransportKind.PROCESS, TransportKind.PLAIN)) {
            try (ConnectionPool pool = open(remote -> remote.configFile(config).transport(kind))) {
                CommandResult result =
                        pool.run(Command.shell("cat; exit 3").withStdin(Input.bytes("precious".getBytes(UTF_8))));
                assertThat(result.stdoutText()).isEqualTo("precious");
                assertThat(result.exit()).isEqualTo(new Exit.Exited(3));
            }
        }
    }

    @Test
    void aDryRunMakesNoDirectoryAndNoConnection() {
        try (ConnectionPool pool = open()) {
            pool.run(Command.of("true").withDryRun(true)).check();
        }
        assertThat(sockets.path()).isEmptyDirectory();
        assertThat(server.connections()).isEmpty();
    }

    @Test
    void exitOnShutdownLeavesNoMasterAndNoLease() {
        long master;
        try (ConnectionPool pool = open(remote -> remote.exitOnShutdown(true))) {
            master = pool.run("true").masterPid().orElseThrow();
        }
        assertThat(Processes.awaitGone(master, Duration.ofSeconds(30))).isTrue();
        assertThat(Leases.list(sockets.path())).isEmpty();
    }

    @Test
    void theNextPoolFindsTheWarmMasterThatTheLastOneLeft() {
        long master;
        try (ConnectionPool pool = open()) {
            master = pool.run("true").masterPid().orElseThrow();
        }
        try (ConnectionPool pool = open()) {
            CommandResult result = pool.run("true").check();
            assertThat(result.reused()).isTrue();
            assertThat(result.masterPid()).hasValue(master);
        }
    }

    @Test
    void poolsOfOtherNamesOrOtherOptionsDoNotShareAMaster() {
        long first;
        try (ConnectionPool pool = open()) {
            first = pool.run("true").masterPid().orElseThrow();
        }
        try (ConnectionPool named = ConnectionPool.open(remote(UnaryOperator.identity()), "other");
                // Two words whose hash codes are the same.
                ConnectionPool optioned =
                        open(remote -> remote.extraOptions(List.of("-oBatchMode=yes", "-oSetEnv=X=Aa")));
                ConnectionPool colliding =
                        open(remote -> remote.extraOptions(List.of("-oBatchMode=yes", "-oSetEnv=X=BB")))) {
            assertThat(List.of(
                            first,
                            named.run("true").check().masterPid().orElseThrow(),
                            optioned.run("true").check().masterPid().orElseThrow(),
                            colliding.run("true").check().masterPid().orElseThrow()))
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void idleMastersAreStoppedAndHeldOnesAreNot() {
        try (ConnectionPool held = open()) {
            long kept = held.run("true").masterPid().orElseThrow();
            long idle;
            try (ConnectionPool other = ConnectionPool.open(remote(UnaryOperator.identity()), "idle")) {
                idle = other.run("true").masterPid().orElseThrow();
            }
            List<LeaseInfo> stopped = Leases.stopIdle(sockets.path());
            assertThat(stopped).extracting(LeaseInfo::pool).containsExactly("idle");
            assertThat(Processes.awaitGone(idle, Duration.ofSeconds(30))).isTrue();
            assertThat(held.run("true").check().masterPid()).hasValue(kept);
            assertThat(Leases.list(sockets.path())).singleElement().satisfies(lease -> {
                assertThat(lease.held()).isTrue();
                assertThat(lease.owner()).hasValue(ProcessHandle.current().pid());
                assertThat(lease.masterPid()).hasValue(kept);
                assertThat(lease.remote()).isEqualTo(SshEndpoint.ALIAS);
            });
        }
    }

    /** Another program's {@code ssh -S} on a warm master that no pool holds. */
    @Test
    void aMasterOnWhichAnotherProgramRunsSomethingIsNotStopped() throws Exception {
        assumeThat(Path.of("/proc/net/unix"))
                .as("only Linux tells who is connected to a socket")
                .isReadable();
        long master;
        try (ConnectionPool pool = open()) {
            master = pool.run("true").check().masterPid().orElseThrow();
        }
        Path socket = Leases.list(sockets.path()).get(0).socket();
        Process other =
                new ProcessBuilder(Ssh.program(), "-S", socket.toString(), "-oBatchMode=yes", "box", "cat").start();
        try {
            // It runs: it answers.
            other.getOutputStream().write("there\n".getBytes(UTF_8));
            other.getOutputStream().flush();
            assertThat(new String(other.getInputStream().readNBytes(6), UTF_8)).isEqualTo("there\n");
            assertThat(Leases.stopIdle(sockets.path())).isEmpty();
            other.getOutputStream().close();
            assertThat(other.waitFor()).isZero();
            assertThat(Leases.stopIdle(sockets.path()))
                    .singleElement()
                    .satisfies(lease -> assertThat(lease.masterPid()).hasValue(master));
        } finally {
            other.destroyForcibly().waitFor();
        }
    }

    @Test
    void aPoolClosedDuringACommandKeepsItsLeaseUntilTheEnd() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            ConnectionPool pool = open();
            Future<CommandResult> result =
                    thread.submit(() -> pool.run(endless().withStdout(Output.stream(onFirstByte(started::countDown)))));
            started.await();
            pool.close();
            assertThatThrownBy(() -> pool.run("true")).isInstanceOf(IllegalStateException.class);
            assertThat(Leases.list(sockets.path()))
                    .singleElement()
                    .satisfies(lease -> assertThat(lease.held()).isTrue());
            heldOpen.close();
            result.get(30, TimeUnit.SECONDS).check();
            assertThat(Leases.list(sockets.path()))
                    .singleElement()
                    .satisfies(lease -> assertThat(lease.held()).isFalse());
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void aConfiguredControlMasterOfTheUsersOwnChangesNothing() throws IOException {
        Path config = sockets.resolve("config");
        Files.writeString(
                config,
                "Host *\n  ControlMaster auto\n  ControlPath " + sockets.resolve("own") + "\n  ControlPersist 60\n"
                        + "  LogLevel QUIET\n" + Files.readString(server.clientConfig()));
        try (ConnectionPool pool = open(remote -> remote.configFile(config))) {
            long master = pool.run("true").check().masterPid().orElseThrow();
            assertThat(pool.run("true").check().masterPid()).hasValue(master);
        }
        try (ConnectionPool plain = open(remote -> remote.configFile(config).transport(TransportKind.PLAIN))) {
            // A master started on the side would hold the pipes open, and this would last its ControlPersist.
            assertThat(plain.run(Command.of("echo", "x"), Job.withTimeout(Duration.ofSeconds(20)))
                            .stdoutText())
                    .isEqualTo("x\n");
        }
        assertThat(sockets.resolve("own")).doesNotExist();
    }

    private static int run(String... words) throws IOException, InterruptedException {
        return new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
