package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.TcpProxy;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a command whose job ends first, under the native transport, as the server sees it. */
@Timeout(120)
final class MuxKillTest extends OnOneServer {
    private static String unique() {
        return "300." + System.nanoTime() % 1_000_000_000;
    }

    @Test
    void aTimedOutCommandIsGoneFromTheServer() {
        String time = unique();
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().asOrdinaryUser()).open()) {
            pool.run("true").check();
            JobTimeoutException e = catchThrowableOfType(
                    JobTimeoutException.class,
                    () -> pool.run(Command.of("sleep", time), Job.withTimeout(Duration.ofSeconds(1))));
            assertThat(e.ending()).isEqualTo(Ending.confirmedDead());
            assertThat(e).hasMessageEndingWith("(confirmed dead)");
            assertThat(Processes.awaitNoneWithArgument(time, Duration.ofSeconds(5)))
                    .isTrue();
            // Its slot is free again.
            assertThat(pool.run("true").check().reused()).isTrue();
            assertThat(pool.toString()).contains("connections 1, free slots 8");
        }
    }

    @Test
    void aCommandThatIgnoresTermDiesByKill() {
        String time = unique();
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().asOrdinaryUser()).open()) {
            Command stubborn = Command.shell("trap '' TERM; while :; do sleep " + time + "; done");
            JobTimeoutException e = catchThrowableOfType(
                    JobTimeoutException.class, () -> pool.run(stubborn, Job.withTimeout(Duration.ofSeconds(1))));
            assertThat(e.ending()).isEqualTo(Ending.confirmedDead());
            assertThat(Processes.awaitNoneWithArgument(time, Duration.ofSeconds(5)))
                    .isTrue();
        }
    }

    @Test
    void aCancelledAsynchronousCommandIsGoneToo() {
        String time = unique();
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().asOrdinaryUser()).open()) {
            CompletableFuture<CommandResult> running = pool.runAsync(Command.of("sleep", time), Job.create());
            assertThat(Processes.awaitWithArgument(time, Duration.ofSeconds(20)))
                    .isTrue();
            running.cancel(true);
            assertThat(Processes.awaitNoneWithArgument(time, Duration.ofSeconds(10)))
                    .isTrue();
            assertThat(pool.runAsync(Command.of("echo", "next"), Job.create())
                            .join()
                            .stdoutText())
                    .isEqualTo("next\n");
        }
    }

    @Test
    void whatCannotBeSignalledIsNotClaimedDeadAndItsSlotNotHandedOut() {
        // A forced command, which no sshd signals; the master's own first session ends at once.
        String time = unique();
        String forced = "case $SSH_ORIGINAL_COMMAND in exit) exit;; *) exec sleep " + time + ";; esac";
        try (ConnectionPool pool = pool(OpenSshServer.builder().asOrdinaryUser().option("ForceCommand", forced))
                .open()) {
            JobTimeoutException e = catchThrowableOfType(
                    JobTimeoutException.class,
                    () -> pool.run(Command.of("true"), Job.withTimeout(Duration.ofSeconds(2))));
            assertThat(e.ending().fate()).isEqualTo(Ending.Fate.NOT_CONFIRMED);
            assertThat(e).hasMessageContaining("refuses to deliver signals").hasMessageContaining("forced");
            assertThat(pool.toString()).contains("free slots 7");
        } finally {
            Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
        }
    }

    /** Its connection would serve nobody any more: another takes its place, also where no more than one is allowed. */
    @Test
    void aConnectionFullOfLeftoversMakesRoomForAnother() throws Exception {
        String time = unique();
        String forced = "case $SSH_ORIGINAL_COMMAND in hang) exec sleep " + time + ";; *) exit;; esac";
        try (ConnectionPool pool = pool(OpenSshServer.builder().asOrdinaryUser().option("ForceCommand", forced))
                .capacity(2)
                .maxConnections(1)
                .open()) {
            long first = pool.run("true").masterPid().orElseThrow();
            assertThatThrownBy(() -> pool.run(Command.of("hang"), Job.withTimeout(Duration.ofSeconds(1))))
                    .isInstanceOf(JobTimeoutException.class);
            // The second in its caller's hands, and given up by him.
            try (Connection connection = pool.connection()) {
                RemoteProcess hangs = connection.start(Command.of("hang"));
                assertThat(hangs.kill().get(20, TimeUnit.SECONDS).fate()).isEqualTo(Ending.Fate.NOT_CONFIRMED);
                assertThatThrownBy(hangs::exit)
                        .isInstanceOf(OutcomeUnknownException.class)
                        .hasMessageContaining("was given up");
            }
            CommandResult next = pool.run(Command.of("true"), Job.withTimeout(Duration.ofSeconds(30)));
            assertThat(next.masterPid().orElseThrow()).isNotEqualTo(first);
            assertThat(pool.toString()).contains("connections 1, free slots 2");
        } finally {
            Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
        }
    }

    /** Until the server has cleared it away its session is taken, and then the slot is free again. */
    @Test
    void aKilledCommandLeavesItsConnectionWarm() {
        try (ConnectionPool pool = pool(OpenSshServer.builder().asOrdinaryUser())
                .capacity(1)
                .maxConnections(1)
                .open()) {
            long master = pool.run("true").masterPid().orElseThrow();
            for (int i = 0; i < 3; i++) {
                JobTimeoutException e = catchThrowableOfType(
                        JobTimeoutException.class,
                        () -> pool.run(Command.of("sleep", "60"), Job.withTimeout(Duration.ofMillis(300))));
                assertThat(e.ending().fate()).isEqualTo(Ending.Fate.CONFIRMED_DEAD);
                assertThat(pool.run("true").masterPid().orElseThrow()).isEqualTo(master);
            }
        }
    }

    /** The server is as good as gone, and our master does not know it yet. */
    @Test
    void aServerThatHasFallenSilentCostsNoProcessorTime() throws Exception {
        OpenSshServer started = OpenSshServer.start();
        server = started;
        try (TcpProxy proxy = TcpProxy.to(started.port());
                ConnectionPool pool = pool(started.clientConfigForPort(proxy.port()))
                        .capacity(4)
                        .maxConnections(1)
                        .open()) {
            pool.run("true").check();
            proxy.delay(Duration.ofMinutes(5));
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> pool.run(Command.of("true"), Job.withTimeout(Duration.ofMillis(300))))
                        .isInstanceOf(JobTimeoutException.class);
            }
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            long before = threads.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            assertThatThrownBy(() -> pool.run(Command.of("true"), Job.withTimeout(Duration.ofSeconds(2))))
                    .isInstanceOf(JobTimeoutException.class);
            assertThat((double) (threads.getCurrentThreadCpuTime() - before))
                    .isLessThan(0.2 * (System.nanoTime() - start));
        }
    }

    @Test
    void aCommandThatReturnsOnExitDoesNotWaitForWhatItLeftBehind() {
        String time = unique();
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().asOrdinaryUser()).open()) {
            pool.run("true").check();
            Command leaves =
                    Command.shell("sleep " + time + " & echo left; exit 3").withReturnOnExit(true);
            CommandResult result = pool.run(leaves, Job.withTimeout(Duration.ofSeconds(30)));
            assertThat(result.exit()).isEqualTo(new Exit.Exited(3));
            assertThat(result.stdoutText()).isEqualTo("left\n");
            assertThat(Processes.withArgument(time)).isNotEmpty();
        } finally {
            Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
        }
    }
}
