package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that look alive and are not, and such as cannot be asked and are. */
@Timeout(120)
final class ConnectionHealthTest extends OnOneServer {
    /** A server whose connection processes are stopped answers nothing, and its TCP connections stay. */
    @Test
    void jobsThatTimeOutOnADeadConnectionAreNotManyEvenWithOneConnection() {
        OpenSshServer started = OpenSshServer.builder().asOrdinaryUser().start();
        server = started;
        try (ConnectionPool pool =
                pool(started.clientConfig()).maxConnections(1).open()) {
            pool.run("true").check();
            List<Long> silent = List.copyOf(started.processes().keySet());
            silent.forEach(pid -> Processes.signal(pid, "STOP"));
            int failures = 0;
            String out = "";
            while (out.isEmpty() && failures < 8) {
                try {
                    out = pool.run(Command.of("echo", "back"), Job.withTimeout(Duration.ofSeconds(2)))
                            .stdoutText();
                } catch (JobTimeoutException e) {
                    failures++;
                    assertThat(e.ending().fate()).isNotEqualTo(Ending.Fate.CONFIRMED_DEAD);
                }
            }
            silent.forEach(pid -> Processes.signal(pid, "KILL"));
            assertThat(out).isEqualTo("back\n");
            assertThat(failures).isBetween(1, 3);
        }
    }

    /** The server is slow and no more: what it answers later is believed. */
    @Test
    void aConnectionThatAnswersAfterAJobHasTimedOutIsKept() {
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().asOrdinaryUser()).open()) {
            long master = pool.run("true").check().masterPid().orElseThrow();
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> pool.run(Command.of("sleep", "30"), Job.withTimeout(Duration.ofMillis(1500))))
                        .isInstanceOf(JobTimeoutException.class);
            }
            assertThat(pool.run("true").check().masterPid()).hasValue(master);
        }
    }

    @Test
    void aMasterWhoseSocketIsRemovedIsKeptByThoseWhoAreAttached() throws IOException {
        try (ConnectionPool pool = pool(OpenSshServer.builder()).open()) {
            long master = pool.run("true").check().masterPid().orElseThrow();
            for (Path socket : socketFiles()) {
                Files.delete(socket);
            }
            // Longer than the silence after which the master is asked.
            CommandResult slow =
                    pool.run("sh", "-c", "sleep 12; echo still here").check();
            assertThat(slow.stdoutText()).isEqualTo("still here\n");
            assertThat(slow.masterPid()).hasValue(master);
        }
    }

    private List<Path> socketFiles() throws IOException {
        try (Stream<Path> files = Files.walk(sockets.path())) {
            return files.filter(file -> file.toString().contains("/c/"))
                    .filter(file -> !Files.isRegularFile(file))
                    .toList();
        }
    }

    // ---- half-closed channels: sshd asks there whether the client lives, and nobody may answer

    private static OpenSshServer.Builder thatAsksOften() {
        return OpenSshServer.builder().option("ClientAliveInterval", "1").option("ClientAliveCountMax", "2");
    }

    @Test
    void aMasterWhoseClientWasKilledWhileItsCommandRanIsNotHandedOn() {
        OpenSshServer started = thatAsksOften().start();
        server = started;
        try (OtherJvm killed = other(started, "sleep 100")) {
            assertThat(killed.line()).isEqualTo("running");
            killed.kill();
        }
        outliveTheServersPatience(started);
    }

    @Test
    void aMasterThatACommandWasLeftBehindOnIsNotHandedOn() {
        // sshd before 9.8 refuses root's signals; else the shell ignores them, until the KILL that it does not survive.
        OpenSshServer started = thatAsksOften().start();
        server = started;
        try (ConnectionPool pool = pool(started.clientConfig()).open()) {
            JobTimeoutException e = catchThrowableOfType(
                    JobTimeoutException.class,
                    () -> pool.run(Command.of("sleep", "100"), Job.withTimeout(Duration.ofMillis(500))));
            org.junit.jupiter.api.Assumptions.assumeTrue(
                    e.ending().fate() == Ending.Fate.NOT_CONFIRMED, "this sshd lets root's commands be signalled");
        }
        outliveTheServersPatience(started);
    }

    @Test
    void aMasterWhoseClientWasKilledAtRestIsStillWarm() {
        OpenSshServer started = thatAsksOften().start();
        server = started;
        try (OtherJvm killed = other(started, "true")) {
            assertThat(killed.line()).isEqualTo("running");
            assertThat(killed.line()).isEqualTo("ended");
            killed.kill();
        }
        try (ConnectionPool pool = pool(started.clientConfig()).open()) {
            assertThat(pool.run("true").check().reused()).isTrue();
        }
    }

    private void outliveTheServersPatience(OpenSshServer started) {
        try (ConnectionPool pool = pool(started.clientConfig()).open()) {
            CommandResult result = pool.run("sh", "-c", "sleep 6; echo whole").check();
            assertThat(result.stdoutText()).isEqualTo("whole\n");
            assertThat(result.reused()).isFalse();
        }
    }

    private OtherJvm other(OpenSshServer started, String line) {
        return OtherJvm.start(
                Runner.class,
                List.of(),
                started.clientConfig().toString(),
                sockets.path().toString(),
                getClass().getSimpleName(),
                line);
    }

    /** Runs one command and then waits to be killed: {@code CONFIG SOCKETS POOL LINE}. */
    static final class Runner {
        private Runner() {}

        @SuppressWarnings("SystemOut") // how it answers
        public static void main(String[] args) throws Exception {
            Remote remote = Remote.builder("box")
                    .configFile(Path.of(args[0]))
                    .socketDir(Path.of(args[1]))
                    .transport(TransportKind.MUX)
                    .killGrace(Duration.ofSeconds(1))
                    .build();
            ConnectionPool pool = ConnectionPool.builder(remote, args[2])
                    .listener(event -> {
                        if (event instanceof PoolEvent.CommandSent) {
                            System.out.println("running");
                        }
                    })
                    .open();
            pool.run(Command.shell(args[3]));
            System.out.println("ended");
            System.in.read();
        }
    }
}
