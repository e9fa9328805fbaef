package io.muxpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.muxpool.testkit.CommandGate;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code muxpool fleet} as people and scripts see it, over a real server that answers to every name. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class FleetCommandTest {
    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server = OpenSshServer.builder()
            .asOrdinaryUser()
            .option("MaxStartups", "100")
            .start();
    private final Path config = server.clientConfigForAnyName();

    @AfterEach
    void endMasters() {
        LeakCheck.endMasters(temp.path());
    }

    @AfterAll
    void stop() {
        server.close();
        temp.close();
    }

    private String[] words(String... rest) {
        List<String> words = new ArrayList<>(List.of("fleet", "-F", config.toString(), "--socket-dir"));
        words.add(temp.resolve("s").toString());
        words.addAll(List.of(rest));
        return words.toArray(String[]::new);
    }

    private Muxpool.Ended fleet(String... rest) throws IOException, InterruptedException {
        return Muxpool.run(temp.path(), words(rest));
    }

    @Test
    void eachLineHasItsHostInFrontAndNothingIsAdded() throws Exception {
        Muxpool.Ended ended = fleet("web[1-3]", "-x", "web2", "db1", "--", "sh", "-c", "printf 'a\\nb'; echo c >&2");
        assertThat(ended.code()).isZero();
        assertThat(ended.text().lines())
                .containsExactlyInAnyOrder("web1: a", "web1: b", "web3: a", "web3: b", "db1: a", "db1: b");
        assertThat(ended.text()).endsWith("\n");
        assertThat(ended.stderr().lines()).containsExactlyInAnyOrder("web1: c", "web3: c", "db1: c");
    }

    @Test
    void tailThatRunsShowsItsLinesWhileItRuns() throws Exception {
        Path log = Files.writeString(server.home().resolve("app.log"), "first\n");
        assertThat(log.toFile().setReadable(true, false)).isTrue();
        Path out = temp.resolve("out");
        Process process = Muxpool.interruptible(words("web[1-2]", "--", "tail", "-n+1", "-f", log.toString()))
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            awaitText(out, "web1: first\n", "web2: first\n");
            Files.writeString(log, "second\nunfinished", StandardOpenOption.APPEND);
            awaitText(out, "web1: second\n", "web2: second\n");
            assertThat(out).content().doesNotContain("unfinished");
            assertThat(process.isAlive()).isTrue();
        } finally {
            Processes.signal(process.pid(), "INT");
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(out).content().contains("web1: unfinished\n", "web2: unfinished\n");
    }

    private static void awaitText(Path file, String... texts) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> Stream.of(texts).allMatch(Files.readString(file)::contains));
    }

    @Test
    void errorsOfARunningCommandAppearOnStandardErrorWhileItRuns() throws Exception {
        Path err = temp.resolve("err");
        Process process;
        try (CommandGate gate = CommandGate.shut(server.home().resolve("end"))) {
            process = Muxpool.builder(
                            words("web[1-2]", "--shell", "--", "echo warning >&2; " + gate.waitLine() + "; true"))
                    .redirectOutput(temp.resolve("out").toFile())
                    .redirectError(err.toFile())
                    .start();
            awaitText(err, "web1: warning\n", "web2: warning\n");
            assertThat(process.isAlive()).isTrue();
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(temp.resolve("out")).isEmptyFile();
    }

    @Test
    void floodFromOneHostLetsTheOthersThrough() throws Exception {
        // Every name is the same machine: the first one floods.
        Path first = server.home().resolve("flood");
        Process process = Muxpool.interruptible(words(
                        "web[1-3]",
                        "--shell",
                        "--",
                        "if mkdir " + first + " 2>/dev/null; then exec yes flood; else echo word; exec sleep 100; fi"))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader lines = process.inputReader()) {
            int flood = 0;
            int words = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                assertThat(line).matches("web[1-3]: (flood|word)");
                flood += line.endsWith("flood") ? 1 : 0;
                words += line.endsWith("word") ? 1 : 0;
                if (words == 2 && flood > 100_000) {
                    break;
                }
            }
            assertThat(words).isEqualTo(2);
        } finally {
            Processes.signal(process.pid(), "INT");
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void reportHasWhatWasShownAsItCame() throws Exception {
        Path report = temp.resolve("live.html");
        Muxpool.Ended ended = fleet("--report", report.toString(), "web[1-2]", "--", "echo", "said once");
        assertThat(ended.text().lines()).containsExactlyInAnyOrder("web1: said once", "web2: said once");
        assertThat(report).content().contains("said once");
    }

    @Test
    void hostsWithPortsAreReachedThere() throws Exception {
        // The configuration's own port is none that answers.
        Path wrong = server.clientConfigForPort(1);
        List<String> all = List.of(
                "127.0.0.1:" + server.port(),
                server.user() + "@127.0.0.1:" + server.port(),
                "ssh://" + server.user() + "@127.0.0.1:" + server.port());
        List<String> words = new ArrayList<>(List.of(
                "fleet",
                "-F",
                Files.writeString(temp.resolve("any"), Files.readString(wrong).replaceAll("(?m)^Host .*$", "Host *"))
                        .toString(),
                "-o",
                "StrictHostKeyChecking=no",
                "-o",
                "UserKnownHostsFile=/dev/null",
                "--socket-dir",
                temp.resolve("s").toString()));
        words.addAll(all);
        words.addAll(List.of("--", "echo", "here"));
        Muxpool.Ended ended = Muxpool.run(temp.path(), words.toArray(String[]::new));
        assertThat(ended.text().lines())
                .as(ended.stderr())
                .containsExactlyInAnyOrderElementsOf(
                        all.stream().map(host -> host + ": here").toList());
        assertThat(fleet("web1:22x", "--", "true").stderr()).startsWith("""
                muxpool: not started: 'web1:22x': a digit of a port is expected at character 8 of the node set
                  web1:22x
                         ^
                """);
    }

    @Test
    void byteOrderMarksBeforeLinesOfAHostFileAreNoPartOfAName() throws Exception {
        Path file = Files.writeString(temp.resolve("marked"), "\uFEFFweb1\r\n\uFEFFweb2\r\n\uFEFF# none\n");
        Muxpool.Ended ended = fleet("--hosts", file.toString(), "--", "echo", "x");
        assertThat(ended.text().lines()).as(ended.stderr()).containsExactlyInAnyOrder("web1: x", "web2: x");
        Files.writeString(file, "web1\nweb\u200B2\n");
        assertThat(fleet("--hosts", file.toString(), "--", "true").stderr())
                .contains("line 2: an invisible character (U+200B) at character 4 of the node set");
    }

    @Test
    void hostsComeFromFilesStandardInputAndTheConfiguration() throws Exception {
        Path file = Files.writeString(temp.resolve("hosts"), "# all\nweb[1-2] # two\n\n  db1\n");
        Muxpool.Ended ended = Muxpool.run(
                temp.path(),
                "n1\nn2\n".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                words("--hosts", file.toString(), "--hosts", "-", "--config-hosts", "b?x", "-b", "--", "echo", "x"));
        assertThat(ended.code()).isZero();
        assertThat(ended.text()).isEqualTo("""
                ---------------
                box,db1,n[1-2],web[1-2] (6 hosts)
                ---------------
                x
                """);
    }

    @Test
    void outcomesSetTheExitCodeTheWorstFirst() throws Exception {
        assertThat(fleet("web[1-2]", "--", "true").code()).isZero();
        Muxpool.Ended failed = fleet("web[1-2]", "--", "sh", "-c", "exit 7");
        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.stderr())
                .contains("muxpool: web1: exit status 7\n")
                .contains("muxpool: 0 of 2 hosts succeeded in ")
                .endsWith("muxpool:   exit status 7: web[1-2]\n");
        Muxpool.Ended killed = fleet("--timeout", "5s", "web[1-2]", "--", "sleep", "30");
        assertThat(killed.code()).isEqualTo(124);
        assertThat(killed.stderr()).contains("killed: timed out after 5s").contains("killed: web[1-2]");
        Muxpool.Ended unreached = fleet("web1", "nobody@web[2-4]", "--", "true");
        assertThat(unreached.code()).isEqualTo(255);
        assertThat(unreached.stderr())
                .contains("not started: nobody@web[2-4]")
                .contains("most hosts were not reached")
                .doesNotContain("[command:");
    }

    @Test
    void batchesStopAtACanaryThatFails() throws Exception {
        Muxpool.Ended ended = fleet("--batch", "1,50%", "web[1-9]", "--", "false");
        assertThat(ended.code()).isEqualTo(255);
        assertThat(ended.stderr())
                .contains("muxpool: stopped: 1 of 9 hosts failed, and the limit is 1\n")
                .contains("exit status 1: web1\n")
                .contains("skipped: web[2-9]\n");
    }

    @Test
    void diffShowsHowTheOthersDifferFromMost() throws Exception {
        // Every name is the same machine: the first one makes the difference.
        Path first = server.home().resolve("first");
        Muxpool.Ended differs = fleet(
                "--diff",
                "--limit",
                "1",
                "web[1-3]",
                "--shell",
                "--",
                "echo same; mkdir " + first + " 2>/dev/null && echo only here; echo end");
        assertThat(differs.text()).isEqualTo("""
                ---------------
                web[2-3] (2 hosts)
                ---------------
                same
                end
                ---------------
                web1 (1 host)
                ---------------
                --- web[2-3]
                +++ web1
                @@ -1,2 +1,3 @@
                 same
                +only here
                 end
                """);
    }

    @Test
    void jsonIsAnObjectALineForEachHost() throws Exception {
        Muxpool.Ended ended = fleet("--json", "web[1-2]", "bad/name", "--", "echo", "x");
        assertThat(ended.code())
                .as("bad names are refused before anything runs")
                .isEqualTo(255);
        assertThat(ended.stdout()).isEmpty();
        Muxpool.Ended good = fleet("--json", "web[1-2]", "nobody@web3", "--", "echo", "x");
        assertThat(good.code()).isEqualTo(255);
        List<String> lines = good.text().lines().toList();
        assertThat(lines).hasSize(3);
        for (String line : lines) {
            try (JsonParser parser = new JsonFactory().createParser(line)) {
                assertThat(parser.nextToken()).isEqualTo(JsonToken.START_OBJECT);
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    assertThat(parser.currentToken()).isNotNull();
                }
            }
        }
        assertThat(lines)
                .filteredOn(line -> line.contains("\"outcome\":\"exited\""))
                .hasSize(2);
        assertThat(lines)
                .filteredOn(line -> line.contains("\"host\":\"nobody@web3\",\"outcome\":\"not_started\",\"code\":null"))
                .hasSize(1);
    }

    @Test
    void badWordsAreRefusedBeforeAnythingIsDone() throws Exception {
        Path canary = temp.resolve("canary");
        Path file = Files.writeString(temp.resolve("bad"), "web[1-2]\nweb[3-\n");
        Path bytes = Files.write(temp.resolve("bytes"), new byte[] {(byte) 0xff, (byte) 0xfe});
        for (String[] bad : List.of(
                words("web[1-3", "--", "touch", canary.toString()),
                words("web[1-3]", "web2", "--", "touch", canary.toString()),
                words("web[1-3],web2", "--", "touch", canary.toString()),
                words("--", "touch", canary.toString()),
                words("web1", "-x", "web1", "--", "touch", canary.toString()),
                words("web1"),
                words("web1", "--"),
                words("web1,-", "--", "touch", canary.toString()),
                words("web1", "a b$c", "--", "touch", canary.toString()),
                words("--hosts", "/no/such", "--", "touch", canary.toString()),
                words("--hosts", temp.path().toString(), "--", "touch", canary.toString()),
                words("--hosts", file.toString(), "--", "touch", canary.toString()),
                words("--hosts", bytes.toString(), "--", "touch", canary.toString()),
                words("--config-hosts", "nothing*", "--", "touch", canary.toString()),
                words("--limit", "0", "web1", "--", "touch", canary.toString()),
                words("--batch", "0", "web1", "--", "touch", canary.toString()),
                words("--max-failures", "x", "web1", "--", "touch", canary.toString()),
                words("--max-warm", "0", "web1", "--", "touch", canary.toString()),
                words("--timeout", "0s", "web1", "--", "touch", canary.toString()),
                words("--retries", "-1", "web1", "--", "touch", canary.toString()),
                words("-b", "--json", "web1", "--", "touch", canary.toString()),
                words("--report", "/no/such/page.html", "web1", "--", "touch", canary.toString()),
                words("--report", temp.path().toString(), "web1", "--", "touch", canary.toString()))) {
            Muxpool.Ended ended = Muxpool.run(temp.path(), bad);
            String all = String.join(" ", bad);
            assertThat(ended.code()).as(all).isEqualTo(255);
            assertThat(ended.stderr())
                    .as(all)
                    .startsWith("muxpool: not started: ")
                    .contains("--help");
            assertThat(ended.stdout()).as(all).isEmpty();
        }
        assertThat(canary).doesNotExist();
        assertThat(temp.resolve("s")).doesNotExist();
    }

    @Test
    void malformedNodeSetIsPointedAtWhereItStands() throws Exception {
        assertThat(fleet("web[1-3],db[x]", "--", "true").stderr()).startsWith("""
                muxpool: not started: 'web[1-3],db[x]': a number is expected at character 13 of the node set
                  web[1-3],db[x]
                              ^
                """);
    }

    /** Starts what runs until it is killed, on three of nine hosts, and waits until it runs there. */
    private Process busy(Path mark, Path err, String... options) throws IOException {
        List<String> rest = new ArrayList<>(List.of(options));
        rest.addAll(List.of("--limit", "3", "web[1-9]", "--shell", "--"));
        // Whoever is told to end takes his time.
        rest.add("trap '' TERM; exec tail -f /dev/null " + mark);
        Process process = Muxpool.interruptible(words(rest.toArray(String[]::new)))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(err.toFile())
                .start();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> running(mark).count() == 3);
        return process;
    }

    private Stream<Long> running(Path mark) {
        return server.processes().entrySet().stream()
                .filter(process -> process.getValue().startsWith("tail")
                        && process.getValue().contains(mark.toString()))
                .map(Map.Entry::getKey);
    }

    @Test
    void interruptKillsWhatRunsAndSaysWhatIsKnown() throws Exception {
        Path mark = Files.createTempFile(temp.path(), "mark", "");
        Path err = temp.resolve("err");
        Process process = busy(mark, err);
        Processes.signal(process.pid(), "INT");
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(err)
                .content()
                .contains("muxpool: starting no more, killing what runs")
                .contains("muxpool:   killed: web[1-3]\n")
                .contains("muxpool:   skipped: web[4-9]\n");
        assertThat(running(mark)).isEmpty();
    }

    @Test
    void secondInterruptLeavesAtOnceWithNothingOfAReport() throws Exception {
        Path mark = Files.createTempFile(temp.path(), "mark", "");
        Path err = temp.resolve("err");
        Path reports = Files.createDirectory(temp.resolve("reports"));
        Process process =
                busy(mark, err, "--report", reports.resolve("run.html").toString());
        assertThat(reports).isNotEmptyDirectory();
        Processes.signal(process.pid(), "INT");
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> Files.readString(err).contains("^C again leaves at once"));
        Processes.signal(process.pid(), "INT");
        // The kills' grace is 2 s.
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(err).content().doesNotContain("web[1-3]");
        assertThat(reports).isEmptyDirectory();
        running(mark).toList().forEach(pid -> Processes.signal(pid, "KILL"));
    }

    /** Of util-linux: a terminal for a command; what that sees there goes to standard output, too. */
    private static ProcessBuilder onATerminal(String line) {
        ProcessBuilder script = new ProcessBuilder("script", "-qefc", line, "/dev/null");
        script.environment().put("TERM", "xterm");
        script.environment().remove("NO_COLOR");
        return script;
    }

    @Test
    void barIsOnATerminalAlsoWhileNothingEndsAndNowhereElse() throws Exception {
        assumeThat(Path.of("/usr/bin/script")).as("script, of util-linux").exists();
        Path seen = temp.resolve("seen");
        Path err = temp.resolve("err");
        String command =
                Muxpool.line(words("web[1-2]", "--shell", "--", "sleep 1; echo early; sleep 2; printf 'x\\033[1Ay'"));
        assertThat(onATerminal(command).redirectOutput(seen.toFile()).start().waitFor())
                .isZero();
        assertThat(seen)
                .content()
                .contains("0/2 ")
                .contains("2 running, 0 failed")
                .contains("\u001b[32mweb1:\u001b[0m x\\x1b[1Ay")
                .contains("\u001b[33mweb2:\u001b[0m x")
                .contains("2 of 2 hosts succeeded");
        String screen = Files.readString(seen);
        assertThat(screen.substring(screen.lastIndexOf("early"), screen.indexOf(" x\\x1b")))
                .as("it comes back below the lines of what runs")
                .contains("running, 0 failed");
        assertThat(onATerminal("NO_COLOR=1 " + command + " 2>" + err)
                        .redirectOutput(seen.toFile())
                        .start()
                        .waitFor())
                .isZero();
        assertThat(seen).content().contains("web1: x").doesNotContain("running");
        assertThat(err).isEmptyFile();
    }

    @Test
    void standardOutputThatBreaksCancelsTheRun() throws Exception {
        Path err = temp.resolve("err");
        Process process = Muxpool.builder(words("--limit", "1", "web[1-9]", "--", "echo", "x"))
                .redirectOutput(Path.of("/dev/full").toFile())
                .redirectError(err.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(255);
        assertThat(err)
                .content()
                .contains("standard output cannot be written: No space left on device; the run was cancelled")
                .contains("skipped: web");
    }
}
