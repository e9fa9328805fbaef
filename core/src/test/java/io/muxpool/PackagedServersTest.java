package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.testkit.PackagedServer;
import io.muxpool.testkit.PackagedServer.Kind;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers other than OpenSSH's: commands one behind the other, over channels opened ahead where the server keeps them. */
@Timeout(300)
final class PackagedServersTest {
    private static Remote remote(PackagedServer server, ShortTemp sockets, TransportKind transport) {
        return Remote.builder("box")
                .configFile(server.clientConfig())
                .socketDir(sockets.resolve("sockets"))
                .transport(transport)
                .exitOnShutdown(true)
                .build();
    }

    private static void requireHere(Kind kind) {
        assumeTrue(kind.missing().isEmpty(), () -> kind.missing().orElse(""));
    }

    /** Runs so many commands and counts their outcomes by their words. */
    private static Map<String, Integer> outcomes(ConnectionPool pool, int commands) {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < commands; i++) {
            String outcome;
            try {
                String out = pool.run("echo", "hello").check().stdoutText();
                outcome = out.equals("hello\n") ? "ok" : "output " + out;
            } catch (SshException e) {
                outcome = e.getClass().getSimpleName() + ": " + e.getMessage();
            }
            counts.merge(outcome, 1, Integer::sum);
        }
        return counts;
    }

    /** dropbear closes channels that run nothing yet whenever a command of the connection ends. */
    @Test
    void noneOfAThousandCommandsBackToBackOnDropbearIsUnknown() {
        requireHere(Kind.DROPBEAR);
        try (ShortTemp sockets = ShortTemp.create();
                PackagedServer server = PackagedServer.start(Kind.DROPBEAR)) {
            try (ConnectionPool pool = ConnectionPool.builder(remote(server, sockets, TransportKind.MUX), "test")
                    .open()) {
                assertThat(outcomes(pool, 1000)).containsExactly(Map.entry("ok", 1000));
                assertThat(pool.toString()).contains("capacity 1,");
            }
        }
    }

    /** dropbear signals nothing but the login shell, and takes no variables: the mark is in the command line. */
    @Test
    void whatDropbearStartedDiesWithTheCommandThatIsGivenUp() {
        requireHere(Kind.DROPBEAR);
        String time = "300." + System.nanoTime() % 1_000_000_000;
        try (ShortTemp sockets = ShortTemp.create();
                PackagedServer server = PackagedServer.start(Kind.DROPBEAR)) {
            try (ConnectionPool pool = ConnectionPool.builder(remote(server, sockets, TransportKind.MUX), "test")
                    .open()) {
                for (Command command : List.of(
                        Command.of("sleep", time),
                        Command.of("sh", "-c", "trap '' TERM; setsid sleep " + time + "; sleep " + time))) {
                    Job job = Job.create();
                    CompletableFuture<CommandResult> running = pool.runAsync(command, job);
                    assertThat(Processes.awaitCommandLine("sleep " + time, Duration.ofSeconds(60)))
                            .isTrue();
                    job.cancel();
                    Throwable failure = catchThrowable(running::join).getCause();
                    List<Long> alive = Processes.withArgument(time);
                    assertThat(failure).isInstanceOfSatisfying(JobCancelledException.class, cancelled -> {
                        assertThat(alive).as("%s", cancelled.ending()).isEmpty();
                        assertThat(cancelled.ending()).isEqualTo(Ending.confirmedDead());
                    });
                }
            }
        } finally {
            Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void commandsBackToBackAreAllTold(Kind kind) {
        requireHere(kind);
        try (ShortTemp sockets = ShortTemp.create();
                PackagedServer server = PackagedServer.start(kind)) {
            try (ConnectionPool pool = ConnectionPool.builder(remote(server, sockets, TransportKind.MUX), "test")
                    .open()) {
                assertThat(outcomes(pool, 100)).containsExactly(Map.entry("ok", 100));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void twentyMegabytesComeWholeAgainAndAgain(Kind kind) {
        requireHere(kind);
        try (ShortTemp sockets = ShortTemp.create();
                PackagedServer server = PackagedServer.start(kind)) {
            try (ConnectionPool pool = ConnectionPool.builder(remote(server, sockets, TransportKind.MUX), "test")
                    .open()) {
                Map<String, Integer> counts = new TreeMap<>();
                for (int i = 0; i < 10; i++) {
                    String outcome;
                    try {
                        byte[] out = pool.run(Command.shell("head -c 20000000 /dev/zero"))
                                .check()
                                .stdout();
                        outcome = out.length + " bytes";
                    } catch (SshException e) {
                        outcome = e.getMessage() + ": " + e.getCause();
                    }
                    counts.merge(outcome, 1, Integer::sum);
                }
                assertThat(counts).containsExactly(Map.entry("20000000 bytes", 10));
            }
        }
    }
}
