package io.muxpool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.muxpool.testkit.FullRun;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A remote command as a java.lang.Process, over the native transport. */
@Timeout(120)
final class RemoteProcessTest extends OnOneServer {
    @Test
    void itsStreamsAreLiveBothWays() throws Exception {
        try (ConnectionPool pool = pool(OpenSshServer.builder()).open();
                Connection connection = pool.connection()) {
            RemoteProcess cat = connection.start(Command.of("cat"));
            for (int i = 0; i < 3; i++) {
                cat.getOutputStream().write(("line " + i + "\n").getBytes(UTF_8));
                assertThat(cat.inputReader().readLine()).isEqualTo("line " + i);
            }
            assertThat(cat.isAlive()).isTrue();
            cat.getOutputStream().close();
            assertThat(cat.waitFor()).isZero();
            assertThat(cat.inputReader().readLine()).isNull();
            assertThat(cat.exitValue()).isZero();
            // The slot is free for the next.
            assertThat(connection.run("echo", "next").check().stdoutText()).isEqualTo("next\n");
        }
    }

    @Test
    void aStatusASignalAndALossAreToldApart() throws Exception {
        try (ConnectionPool pool = pool(OpenSshServer.builder()).open()) {
            Exit status = started(pool, "exit 255").exit();
            assertThat(status).isEqualTo(new Exit.Exited(255));
            Exit signal = started(pool, "kill -USR1 $$").exit();
            assertThat(signal).isEqualTo(new Exit.Signalled("USR1", false));
            long master = pool.run("true").masterPid().orElseThrow();
            RemoteProcess lost = started(pool, "sleep 60");
            Processes.signal(master, "KILL");
            assertThatThrownBy(lost::exit).isInstanceOf(OutcomeUnknownException.class);
            assertThat(lost.isAlive()).isFalse();
            assertThatThrownBy(() -> lost.getInputStream().read()).isInstanceOf(IOException.class);
        }
    }

    /** The thread that tells of the end reads for all connections: it must be free to. */
    @Test
    void whoHearsOfItsEndMayRunTheNextCommand() throws Exception {
        try (ConnectionPool pool = pool(OpenSshServer.builder()).open()) {
            RemoteProcess first = started(pool, "echo first");
            String second = first.onExit()
                    .thenApply(ended -> pool.run("echo", "second").check().stdoutText())
                    .get(30, TimeUnit.SECONDS);
            assertThat(second).isEqualTo("second\n");
            assertThat(first.inputReader().readLine()).isEqualTo("first");
            RemoteProcess third = started(pool, "exec sleep 60");
            Ending ending = third.kill()
                    .thenApply(known -> {
                        pool.run("true").check();
                        return known;
                    })
                    .get(30, TimeUnit.SECONDS);
            assertThat(ending.fate()).isNotNull();
        }
    }

    @Test
    void aDryRunStartsNothing() throws Exception {
        try (ConnectionPool pool = pool(OpenSshServer.builder()).open();
                Connection connection = pool.connection()) {
            RemoteProcess nothing = connection.start(Command.of("false").withDryRun(true));
            assertThat(nothing.exit()).isEqualTo(new Exit.Exited(0));
            assertThat(nothing.getInputStream().read()).isEqualTo(-1);
            assertThat(nothing.kill().get()).isEqualTo(Ending.notStarted());
            assertThat(Leases.list(sockets.path())).isEmpty();
        }
    }

    @Test
    void aDestroyedOneWhoseOutputNobodyReadsGivesItsConnectionBack() throws Exception {
        try (ConnectionPool pool =
                        pool(OpenSshServer.builder().asOrdinaryUser()).open();
                Connection connection = pool.connection()) {
            RemoteProcess yes = connection.start(Command.of("yes"));
            assertThat(yes.inputReader().readLine()).isEqualTo("y");
            yes.destroy();
            assertThat(yes.exit()).isEqualTo(new Exit.Signalled("TERM", false));
            assertThat(connection
                            .run(Command.of("echo", "next"), Job.withTimeout(Duration.ofSeconds(20)))
                            .stdoutText())
                    .isEqualTo("next\n");
        }
    }

    @Test
    void overSshProcessesADestroyedOneIsNotSaidToHaveExited() throws Exception {
        OpenSshServer started = OpenSshServer.start();
        server = started;
        Remote byProcess = pool(started.clientConfig()).open().remote().toBuilder()
                .transport(TransportKind.PROCESS)
                .build();
        String time = "60.1" + ProcessHandle.current().pid();
        try (ConnectionPool pool = ConnectionPool.open(byProcess, "process");
                Connection connection = pool.connection()) {
            RemoteProcess sleeps = connection.start(Command.of("sleep", time));
            Processes.awaitWithArgument(time, Duration.ofSeconds(10));
            assertThat(sleeps.supportsNormalTermination()).isFalse();
            sleeps.destroy();
            assertThatThrownBy(sleeps::exit)
                    .isInstanceOf(OutcomeUnknownException.class)
                    .hasMessageContaining("given up");
        } finally {
            Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
        }
    }

    @Test
    void overSshProcessesTheEndOfItsJobSendsReadersHomeWhileTheCommandGoesOn() throws Exception {
        OpenSshServer started = OpenSshServer.start();
        server = started;
        Remote byProcess = pool(started.clientConfig()).open().remote().toBuilder()
                .transport(TransportKind.PROCESS)
                .build();
        String time = "60.2" + ProcessHandle.current().pid();
        try (ConnectionPool pool = ConnectionPool.open(byProcess, "process");
                Connection connection = pool.connection()) {
            pool.run("true").check();
            RemoteProcess sleeps =
                    connection.start(Command.of("sleep", time), Job.withTimeout(Duration.ofMillis(1500)));
            for (InputStream output : List.of(sleeps.getInputStream(), sleeps.getErrorStream())) {
                assertThat(CompletableFuture.supplyAsync(() -> catchThrowable(output::readAllBytes)))
                        .succeedsWithin(Duration.ofSeconds(10))
                        .asInstanceOf(InstanceOfAssertFactories.THROWABLE)
                        .hasMessageContaining("given up");
            }
        } finally {
            Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
        }
    }

    @FullRun("waits until a silent master is given up")
    @Test
    void aMasterThatHangsEndsIt() throws Exception {
        try (ConnectionPool pool = pool(OpenSshServer.builder()).open()) {
            long master = pool.run("true").masterPid().orElseThrow();
            RemoteProcess silent = started(pool, "sleep 60");
            Processes.signal(master, "STOP");
            try {
                assertThat(silent.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThatThrownBy(silent::exit).isInstanceOf(OutcomeUnknownException.class);
            } finally {
                Processes.signal(master, "CONT");
                Processes.signal(master, "TERM");
            }
        }
    }

    private static RemoteProcess started(ConnectionPool pool, String line) {
        try (Connection connection = pool.connection()) {
            return connection.start(Command.shell(line));
        }
    }

    @Test
    void itIsSignalledDestroyedAndKilled() throws Exception {
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().asOrdinaryUser()).open()) {
            // A signal interrupts the wait, in every shell. Its cat ends with the command's input.
            RemoteProcess traps = started(
                    pool, "trap 'echo got it; exit 7' USR1; exec 3<&0; cat <&3 >/dev/null 2>&1 & echo ready; wait");
            assertThat(traps.inputReader().readLine()).isEqualTo("ready");
            assertThat(traps.signal("USR1").get(30, TimeUnit.SECONDS)).isTrue();
            assertThat(traps.exit()).isEqualTo(new Exit.Exited(7));
            assertThat(traps.inputReader().readLine()).isEqualTo("got it");

            RemoteProcess sleeps = started(pool, "exec sleep 300");
            assertThat(sleeps.waitFor(50, TimeUnit.MILLISECONDS)).isFalse();
            sleeps.destroy();
            assertThat(sleeps.onExit().get(30, TimeUnit.SECONDS)).isSameAs(sleeps);
            assertThat(sleeps.exit()).isEqualTo(new Exit.Signalled("TERM", false));
            assertThat(sleeps.waitFor()).isEqualTo(128 + 15);

            RemoteProcess killed = started(pool, "exec sleep 300");
            assertThat(killed.kill().get(30, TimeUnit.SECONDS)).isEqualTo(Ending.confirmedDead());
        }
    }

    @Test
    void theEndOfItsJobKillsIt() {
        try (ConnectionPool pool =
                        pool(OpenSshServer.builder().asOrdinaryUser()).open();
                Connection connection = pool.connection()) {
            pool.run("true").check();
            RemoteProcess sleeps =
                    connection.start(Command.of("sleep", "300"), Job.withTimeout(Duration.ofMillis(1500)));
            JobTimeoutException e = catchThrowableOfType(JobTimeoutException.class, sleeps::exit);
            assertThat(e.ending()).isEqualTo(Ending.confirmedDead());
        }
    }

    @Test
    void anOutputThatNobodyReadsHoldsTheCommandBackAndNotTheHeap() throws Exception {
        try (ConnectionPool pool = pool(OpenSshServer.builder()).open();
                Connection connection = pool.connection()) {
            RemoteProcess much = connection.start(Command.shell("head -c 300000000 /dev/zero"));
            // It cannot end while more is to come than the windows and pipes between us hold.
            assertThat(much.waitFor(1, TimeUnit.SECONDS)).isFalse();
            assertThat(much.getInputStream().available()).isBetween(1, 2 * 1024 * 1024);
            // Others on the same connection are not held up.
            assertThat(pool.run("echo", "beside").check().stdoutText()).isEqualTo("beside\n");
            assertThat(much.getInputStream().transferTo(OutputStream.nullOutputStream()))
                    .isEqualTo(300_000_000);
            assertThat(much.waitFor()).isZero();
        }
    }

    @Test
    void anOutputThatWasCutOffByAKillDoesNotLookComplete() throws Exception {
        try (ConnectionPool pool =
                        pool(OpenSshServer.builder().asOrdinaryUser()).open();
                Connection connection = pool.connection()) {
            RemoteProcess much = connection.start(Command.shell("exec head -c 300000000 /dev/zero"));
            assertThat(much.waitFor(1, TimeUnit.SECONDS)).isFalse();
            assertThat(much.kill().get(30, TimeUnit.SECONDS)).isEqualTo(Ending.confirmedDead());
            assertThatThrownBy(() -> much.getInputStream().transferTo(OutputStream.nullOutputStream()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("given up");
        }
    }

    @Test
    void aClosedOutputIsDroppedAndTheCommandEnds() throws Exception {
        try (ConnectionPool pool = pool(OpenSshServer.builder()).open();
                Connection connection = pool.connection()) {
            RemoteProcess much = connection.start(Command.shell("head -c 50000000 /dev/zero; exit 4"));
            much.getInputStream().close();
            assertThat(much.waitFor()).isEqualTo(4);
        }
    }

    @Test
    void itsTerminalHasTheSizeThatIsAskedForAndChanges() throws Exception {
        OpenSshServer.assumeTerminals();
        try (ConnectionPool pool = pool(OpenSshServer.builder()).open();
                Connection connection = pool.connection()) {
            Command asks = Command.shell("stty size; read line; stty size").withPty(new Pty("vt100", 91, 33));
            RemoteProcess terminal = connection.start(asks);
            assertThat(terminal.inputReader().readLine()).isEqualTo("33 91");
            terminal.resize(70, 20);
            terminal.getOutputStream().write("go\n".getBytes(UTF_8));
            // The line is echoed, as terminals do.
            assertThat(terminal.inputReader().lines().toList()).contains("20 70");
            assertThat(terminal.waitFor()).isZero();
        }
    }

    @Test
    void aSubsystemSpeaksOverItAndOneThatIsNotThereIsNotStarted() throws Exception {
        try (ConnectionPool pool = pool(OpenSshServer.builder().option("Subsystem", "sftp internal-sftp"))
                        .open();
                Connection connection = pool.connection()) {
            RemoteProcess sftp = connection.start(Command.subsystem("sftp"));
            // SSH_FXP_INIT, version 3; SSH_FXP_VERSION is 2.
            sftp.getOutputStream().write(new byte[] {0, 0, 0, 5, 1, 0, 0, 0, 3});
            byte[] answer = sftp.getInputStream().readNBytes(9);
            assertThat(answer[4]).isEqualTo((byte) 2);
            assertThat(answer[8]).isEqualTo((byte) 3);
            sftp.getOutputStream().close();
            sftp.getInputStream().close();
            sftp.waitFor();
            assertThatThrownBy(() -> pool.run(Command.subsystem("nosuch")))
                    .isInstanceOf(NotStartedException.class)
                    .hasMessageContaining("no subsystem nosuch");
        }
    }
}
