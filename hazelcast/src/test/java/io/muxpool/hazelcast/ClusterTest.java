package io.muxpool.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.client.HazelcastClient;
import com.hazelcast.client.config.ClientConfig;
import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.partition.PartitionService;
import io.muxpool.Command;
import io.muxpool.Input;
import io.muxpool.NotStartedException;
import io.muxpool.Output;
import io.muxpool.ShellQuote;
import io.muxpool.fleet.Fleet;
import io.muxpool.fleet.FleetRun;
import io.muxpool.fleet.HostOutcome;
import io.muxpool.fleet.HostResult;
import io.muxpool.fleet.RunPlan;
import io.muxpool.testkit.CommandGate;
import io.muxpool.testkit.FullRun;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Members in JVMs of their own, over one real sshd that answers to every name. */
@FullRun("fleets over clusters of several JVMs")
@Timeout(180)
class ClusterTest {
    private static final int FIRST_PORT = 15_701;

    @RegisterExtension
    final LeakCheck leaks =
            LeakCheck.ignoringThreads(thread -> !thread.getName().startsWith("muxpool"));

    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server = OpenSshServer.builder()
            .asOrdinaryUser()
            .option("MaxStartups", "200")
            .start();
    private final Path config = server.clientConfigForAnyName();
    private final Path journal = server.home().resolve("journal");
    private final CommandGate gate = CommandGate.shut(server.dir().resolve("gate"));
    private final List<NodeProcess> nodes = new ArrayList<>();

    @AfterEach
    void stop() throws IOException, InterruptedException {
        for (NodeProcess node : nodes) {
            node.close();
        }
        LeakCheck.endMasters(temp.path());
        gate.close();
        server.close();
        temp.close();
    }

    private NodeProcess node() throws IOException {
        NodeProcess node = NodeProcess.start(
                config,
                temp.resolve("s" + nodes.size()),
                FIRST_PORT,
                nodes.isEmpty() ? List.of("127.0.0.1") : List.of(nodes.get(0).address()));
        nodes.add(node);
        return node;
    }

    private Fleet fleet() {
        return Fleet.over(Cluster.connect(
                NodeProcess.CLUSTER, nodes.stream().map(NodeProcess::address).toList()));
    }

    private static List<String> hosts(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> "web" + i).toList();
    }

    /** Writes the host's name into the journal, and then waits for the gate to open. */
    private Command entry(String host) {
        return Command.shell("echo " + host + " >> " + ShellQuote.single(journal.toString()) + "; " + gate.waitLine()
                + "; echo " + host);
    }

    private Map<String, Integer> entries() throws IOException {
        Map<String, Integer> entries = new HashMap<>();
        if (Files.exists(journal)) {
            Files.readAllLines(journal).forEach(line -> entries.merge(line, 1, Integer::sum));
        }
        return entries;
    }

    @Test
    void hostsAreSharedOutAmongMembersEachKeepingItsOwnWarm() throws IOException {
        node();
        node();
        try (Fleet fleet = fleet()) {
            try (FleetRun run = fleet.run(hosts(12), Command.of("echo", "here"))) {
                assertThat(run.stream()).hasSize(12).allSatisfy(result -> {
                    assertThat(result.outcome()).isEqualTo(new HostOutcome.Exited(0));
                    assertThat(result.stdoutText()).isEqualTo("here\n");
                });
            }
            try (FleetRun run = fleet.run(hosts(12), Command.of("sh", "-c", "echo err >&2; exit 3"))) {
                assertThat(run.stream()).hasSize(12).allSatisfy(result -> {
                    assertThat(result.outcome()).isEqualTo(new HostOutcome.Exited(3));
                    assertThat(result.stderrText()).isEqualTo("err\n");
                });
            }
            // Behind a member's start some keys still move, and their hosts connect anew.
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
                try (FleetRun run = fleet.run(hosts(12), Command.of("true"))) {
                    return run.stream().allMatch(HostResult::reused);
                }
            });
        }
        for (int i = 0; i < nodes.size(); i++) {
            // Each has some of the hosts' leases in its own directory.
            assertThat(temp.resolve("s" + i)).isDirectory();
        }
    }

    /** The hosts among so many that are the member's, once each member has its share of the keys. */
    private static Set<String> hostsOf(NodeProcess member, int count) {
        HazelcastInstance client = client(member);
        try {
            PartitionService keys = client.getPartitionService();
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
                Map<Member, Integer> shares = new HashMap<>();
                keys.getPartitions().forEach(part -> shares.merge(part.getOwner(), 1, Integer::sum));
                return shares.size() == client.getCluster().getMembers().size()
                        && Collections.max(shares.values()) - Collections.min(shares.values()) <= 1;
            });
            return hosts(count).stream()
                    .filter(host -> member.address()
                            .equals(address(keys.getPartition(host).getOwner())))
                    .collect(Collectors.toSet());
        } finally {
            client.shutdown();
        }
    }

    private static String address(Member member) {
        return member.getAddress().getHost() + ":" + member.getAddress().getPort();
    }

    private static HazelcastInstance client(NodeProcess member) {
        ClientConfig config = new ClientConfig();
        config.setClusterName(NodeProcess.CLUSTER);
        config.getNetworkConfig().addAddress(member.address());
        return HazelcastClient.newHazelcastClient(config);
    }

    @Test
    void memberThatIsKilledCostsNoHostAndNoneRunsTwice() throws Exception {
        node();
        NodeProcess victim = node();
        node();
        int count = 60;
        Set<String> victims = hostsOf(victim, count);
        try (Fleet fleet = fleet();
                FleetRun run =
                        fleet.run(hosts(count), this::entry, RunPlan.defaults().withLimit(count))) {
            // None of them ends before the gate opens.
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> entries().keySet().stream().anyMatch(victims::contains));
            victim.kill();
            // One more comes while it runs.
            node();
            gate.open();
            Set<String> seen = new HashSet<>();
            Map<String, HostOutcome> outcomes = new HashMap<>();
            for (HostResult result : run) {
                assertThat(seen.add(result.host()))
                        .as("one result for " + result.host())
                        .isTrue();
                outcomes.put(result.host(), result.outcome());
            }
            assertThat(seen).hasSize(count);
            assertThat(outcomes.values())
                    .allMatch(outcome -> outcome.success() || outcome instanceof HostOutcome.Unknown);
            assertThat(outcomes.values().stream().filter(HostOutcome.Unknown.class::isInstance))
                    .as("what the killed member had begun")
                    .isNotEmpty();
            server.killConnections();
            Map<String, Integer> entries = entries();
            outcomes.forEach((host, outcome) -> assertThat(entries.getOrDefault(host, 0))
                    .as(host + ": " + outcome)
                    .isBetween(outcome.success() ? 1 : 0, 1));
        }
    }

    @Test
    void cancelKillsWhatMembersRunAndWhatWaitsForItsTurnThereDoesNotBegin() throws IOException {
        node();
        Path mark = Files.createFile(temp.resolve("mark"));
        // Deaf to TERM, so that no turn comes before the grace of the kills is over.
        Command command = Command.shell("trap '' TERM; echo $$ >> " + journal + "; exec tail -f /dev/null " + mark);
        // A member of these tests runs 16 at a time.
        try (Fleet fleet = fleet();
                FleetRun run = fleet.run(hosts(20), command, RunPlan.defaults().withLimit(20))) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() ->
                            Files.exists(journal) && Files.readAllLines(journal).size() == 16);
            run.cancel();
            List<HostResult> results = run.stream().toList();
            assertThat(results).hasSize(20);
            assertThat(results.stream().filter(result -> result.outcome() instanceof HostOutcome.Killed))
                    .hasSize(16);
            assertThat(results.stream().filter(result -> result.outcome() instanceof HostOutcome.NotStarted))
                    .hasSize(4);
        }
        assertThat(server.processes().values()).noneMatch(line -> line.contains(mark.toString()));
        assertThat(Files.readAllLines(journal)).hasSize(16);
    }

    @Test
    void whatWaitsForItsTurnBehindOthersCommandsIsGivenUpAtOnceWhenCancelledOrLate() throws IOException {
        node();
        RunPlan all = RunPlan.defaults().withLimit(20);
        try (Fleet others = fleet();
                FleetRun busy = others.run(hosts(16), this::entry, all);
                Fleet fleet = fleet()) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> entries().size() == 16);
            try (FleetRun late = fleet.run(hosts(3), Command.of("true"), all.withHostTimeout(Duration.ofMillis(500)))) {
                assertThat(late.stream()).hasSize(3).allSatisfy(ClusterTest::didNotStart);
            }
            try (FleetRun cancelled = fleet.run(hosts(3), Command.of("true"), all)) {
                cancelled.cancel();
                assertThat(cancelled.stream()).hasSize(3).allSatisfy(ClusterTest::didNotStart);
            }
            assertThat(busy.progress().running()).isEqualTo(16);
            gate.open();
            assertThat(busy.stream()).hasSize(16).allMatch(HostResult::success);
        }
    }

    private static void didNotStart(HostResult result) {
        assertThat(result.outcome().mayHaveRun()).as(result.toString()).isFalse();
    }

    @Test
    void whatAClientThatHasLeftAskedForDoesNotBegin() throws IOException, InterruptedException {
        node();
        Cluster leaving =
                Cluster.connect(NodeProcess.CLUSTER, List.of(nodes.get(0).address()));
        FleetRun run = Fleet.over(leaving)
                .run(hosts(20), this::entry, RunPlan.defaults().withLimit(20));
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> entries().size() == 16);
        leaving.close();
        assertThat(run.stream().filter(result -> result.outcome() instanceof HostOutcome.Unknown))
                .hasSizeGreaterThanOrEqualTo(16);
        gate.open();
        // Behind them in the member's line, and over the same connections.
        try (Fleet fleet = fleet();
                FleetRun behind = fleet.run(hosts(20), Command.of("true"))) {
            assertThat(behind.stream()).hasSize(20).allMatch(HostResult::success);
        }
        assertThat(entries()).hasSize(16);
    }

    @Test
    void onlyANoteThatIsThereProvesThatNothingBegan() throws IOException {
        HazelcastInstance client = client(node());
        try {
            Begun begun = Begun.in(client);
            UUID task = UUID.randomUUID();
            assertThat(begun.begin(task, "member"))
                    .as("nobody has asked for it")
                    .isFalse();
            assertThat(begun.revoke(task)).as("a note that was lost").isFalse();
            begun.ask(task);
            assertThat(begun.begin(task, "member")).isTrue();
            assertThat(begun.begin(task, "member")).as("delivered twice").isFalse();
            assertThat(begun.revoke(task)).as("begun").isFalse();

            UUID other = UUID.randomUUID();
            begun.ask(other);
            assertThat(begun.revoke(other)).isTrue();
            assertThat(begun.revoke(other)).isTrue();
            assertThat(begun.begin(other, "member")).as("revoked").isFalse();
        } finally {
            client.shutdown();
        }
    }

    @Test
    void hostPastItsTimeIsKilledByItsMember() throws IOException {
        node();
        try (Fleet fleet = fleet()) {
            try (FleetRun warm = fleet.run(hosts(2), Command.of("true"))) {
                assertThat(warm.stream()).allMatch(HostResult::success);
            }
            RunPlan plan = RunPlan.defaults().withHostTimeout(Duration.ofSeconds(5));
            try (FleetRun run = fleet.run(hosts(2), Command.of("sleep", "60"), plan)) {
                assertThat(run.stream())
                        .hasSize(2)
                        .allSatisfy(result -> assertThat(result.outcome()).isInstanceOf(HostOutcome.Killed.class));
            }
        }
    }

    @Test
    void clusterThatIsNotThereAndCommandsThatCannotCrossAreRefused() throws IOException {
        assertThatThrownBy(() -> Cluster.connect("muxpool-nobody", List.of("127.0.0.1:1")))
                .isInstanceOf(NotStartedException.class)
                .hasMessageContainingAll("muxpool-nobody", "127.0.0.1:1", "muxpool node");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CommandWords.of(
                        Command.of("cat").withStdin(Input.stream(new ByteArrayInputStream(new byte[0])))))
                .withMessageContaining("as bytes");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CommandWords.of(Command.of("cat").withStdout(Output.file(temp.resolve("x")))))
                .withMessageContaining("capture");
        assertThatIllegalArgumentException().isThrownBy(() -> CommandWords.of(Command.subsystem("sftp")));
    }
}
