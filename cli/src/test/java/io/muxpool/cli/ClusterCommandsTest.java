package io.muxpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.FullRun;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code muxpool node}, and {@code muxpool fleet --cluster}, each a process of its own. */
@FullRun("the command line over clusters")
@Timeout(120)
final class ClusterCommandsTest {
    private static final String NAME =
            "muxpool-cli-test-" + ProcessHandle.current().pid();

    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server =
            OpenSshServer.builder().asOrdinaryUser().start();
    private final List<Process> nodes = new ArrayList<>();

    @AfterEach
    void stop() throws InterruptedException {
        for (Process node : nodes) {
            node.destroyForcibly().waitFor();
        }
        LeakCheck.endMasters(temp.path());
        server.close();
        temp.close();
    }

    /** Starts one; returns where it listens. */
    private String node() throws IOException {
        Process node = Muxpool.ofCluster(
                        "node",
                        "--listen",
                        "127.0.0.1:15901",
                        "--cluster-name",
                        NAME,
                        "-F",
                        server.clientConfigForAnyName().toString(),
                        "--socket-dir",
                        temp.resolve("s").toString())
                .redirectError(temp.resolve("node").toFile())
                .start();
        nodes.add(node);
        BufferedReader lines = node.inputReader();
        String line = String.valueOf(lines.readLine());
        assertThat(line)
                .as(Files.readString(temp.resolve("node")))
                .matches("member 127\\.0\\.0\\.1:[0-9]+ of cluster .*");
        return line.split(" ", -1)[1];
    }

    private ProcessBuilder fleet(String cluster, String... rest) {
        List<String> words = new ArrayList<>(List.of("fleet", "--cluster-name", NAME, "--cluster", cluster));
        words.addAll(List.of(rest));
        return Muxpool.ofCluster(words.toArray(String[]::new))
                .redirectOutput(temp.resolve("out").toFile())
                .redirectError(temp.resolve("err").toFile());
    }

    private int run(String cluster, String... rest) throws IOException, InterruptedException {
        Process process = fleet(cluster, rest).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void membersRunTheCommandsAndOneThatIsToldToEndSaysWhatItKilled() throws Exception {
        String member = node();
        assertThat(run(member, "web[1-3]", "--", "echo", "x")).isZero();
        assertThat(temp.resolve("out")).content().hasLineCount(3).contains("web1: x\n", "web2: x\n", "web3: x\n");

        Path mark = Files.createFile(temp.resolve("mark"));
        Process busy = fleet(member, "web[1-3]", "--", "tail", "-f", "/dev/null", mark.toString())
                .start();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> server.processes().values().stream()
                                .filter(line -> line.startsWith("tail"))
                                .count()
                        == 3);
        Processes.signal(nodes.get(0).pid(), "TERM");
        assertThat(nodes.get(0).waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(busy.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(busy.exitValue()).isEqualTo(124);
        assertThat(temp.resolve("err")).content().contains("killed: web[1-3]\n");
        assertThat(server.processes().values()).noneMatch(line -> line.contains(mark.toString()));
    }

    @Test
    void clusterThatCannotBeReachedIsNamed() throws Exception {
        assertThat(run("127.0.0.1:1", "web1", "--", "true")).isEqualTo(255);
        assertThat(temp.resolve("err"))
                .content()
                .startsWith("muxpool: not started: no member of the cluster")
                .contains("127.0.0.1:1", "muxpool node");
    }

    @Test
    void addressThatIsNoneIsRefused() throws Exception {
        for (String bad : List.of("no such host:5701", "127.0.0.1:port", ":5701", "127.0.0.1:70000", "")) {
            assertThat(run(bad, "web1", "--", "true")).as(bad).isEqualTo(255);
            assertThat(temp.resolve("err")).content().as(bad).startsWith("muxpool: not started: ");
        }
    }
}
