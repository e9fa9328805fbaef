package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
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
        try (ConnectionPool pool =
                pool(OpenSshServer.builder().option("ForceCommand", forced)).open()) {
            JobTimeoutException e = catchThrowableOfType(
                    JobTimeoutException.class,
                    () -> pool.run(Command.of("true"), Job.withTimeout(Duration.ofSeconds(2))));
            assertThat(e.ending().fate()).isEqualTo(Ending.Fate.NOT_CONFIRMED);
            assertThat(e).hasMessageContaining("refuses to deliver signal TERM").hasMessageContaining("forced");
            assertThat(pool.toString()).contains("free slots 7");
        } finally {
            Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
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
