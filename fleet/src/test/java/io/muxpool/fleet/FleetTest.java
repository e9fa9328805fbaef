package io.muxpool.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.Command;
import io.muxpool.Remote;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A fleet of names that all lead to one real sshd; each has masters of its own. */
@Timeout(120)
class FleetTest {
    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server = OpenSshServer.builder()
            .asOrdinaryUser()
            .option("MaxStartups", "100")
            .start();
    private final Path config = server.clientConfigForAnyName();

    @AfterEach
    void stop() {
        LeakCheck.endMasters(temp.path());
        server.close();
        temp.close();
    }

    private Fleet.Builder fleet() {
        return Fleet.builder()
                .remotes(host -> Remote.builder(host)
                        .configFile(config)
                        .socketDir(temp.resolve("s"))
                        .killGrace(Duration.ofMillis(200))
                        .build());
    }

    private List<Long> masters() {
        return LeakCheck.masters(temp.path());
    }

    private static List<String> hosts(int from, int to) {
        return IntStream.rangeClosed(from, to).mapToObj(i -> "web" + i).toList();
    }

    private static List<HostResult> all(FleetRun run) {
        try (run) {
            return run.stream().toList();
        }
    }

    @Test
    void secondRunGoesOverTheConnectionsOfTheFirstAlsoInAnotherFleet() {
        Command command = Command.of("echo", "here");
        try (Fleet fleet = fleet().build()) {
            List<HostResult> cold = all(fleet.run(hosts(1, 8), command));
            assertThat(cold).hasSize(8).allSatisfy(result -> {
                assertThat(result.outcome()).isEqualTo(new HostOutcome.Exited(0));
                assertThat(result.stdoutText()).isEqualTo("here\n");
                assertThat(result.reused()).isFalse();
            });
            assertThat(all(fleet.run(hosts(1, 8), command))).allMatch(HostResult::reused);
        }
        try (Fleet next = fleet().build()) {
            assertThat(all(next.run(hosts(1, 8), command))).allMatch(HostResult::reused);
        }
    }

    @Test
    void noMoreMastersStayThanTheFleetMayKeepWarm() {
        try (Fleet fleet = fleet().maxWarm(3).build()) {
            RunPlan plan = RunPlan.defaults().withLimit(2);
            assertThat(all(fleet.run(hosts(1, 9), Command.of("true"), plan))).allMatch(HostResult::success);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> masters().size() == 3);
            // Those visited last are those kept.
            assertThat(all(fleet.run(List.of("web9"), Command.of("true"), plan)))
                    .allMatch(HostResult::reused);
            assertThat(all(fleet.run(List.of("web1"), Command.of("true"), plan)))
                    .noneMatch(HostResult::reused);
        }
        // One that was told to stop takes a moment to end.
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> masters().size() == 3);
    }

    @Test
    void cancelKillsTheCommandsOnTheHosts() throws IOException {
        String mark = temp.resolve("mark").toString();
        Command command = Command.shell("echo up; exec tail -f /dev/null " + mark);
        Files.createFile(Path.of(mark));
        try (Fleet fleet = fleet().build();
                FleetRun run =
                        fleet.run(hosts(1, 4), command, RunPlan.defaults().withLimit(3))) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> server.processes().values().stream()
                                    .filter(line -> line.contains(mark))
                                    .count()
                            >= 3);
            run.cancel();
            List<HostResult> results = run.stream().toList();
            assertThat(results).hasSize(4);
            assertThat(results.stream().map(result -> result.outcome().kind()))
                    .containsExactlyInAnyOrder("killed", "killed", "killed", "skipped");
        }
        assertThat(server.processes().values()).noneMatch(line -> line.contains(mark));
    }

    @Test
    void hostThatCannotBeReachedIsNotStartedAndTheOthersAre() {
        try (Fleet fleet = fleet().build()) {
            List<HostResult> results =
                    all(fleet.run(List.of("web1", "bad;name", "nobody@web2", "web3"), Command.of("true")));
            assertThat(results)
                    .hasSize(4)
                    .allSatisfy(result -> assertThat(result.outcome())
                            .isInstanceOf(
                                    result.host().startsWith("web")
                                            ? HostOutcome.Exited.class
                                            : HostOutcome.NotStarted.class));
        }
    }
}
