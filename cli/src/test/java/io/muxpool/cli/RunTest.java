package io.muxpool.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code muxpool} as scripts see it: a process with arguments, three streams and an exit code. */
@Timeout(120)
final class RunTest {
    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server = OpenSshServer.start();

    @AfterEach
    void stop() {
        LeakCheck.endMasters(temp.path());
        server.close();
        temp.close();
    }

    private Muxpool.Ended muxpool(String... words) throws IOException, InterruptedException {
        return Muxpool.run(temp.path(), words);
    }

    private Muxpool.Ended muxpool(byte[] stdin, String... words) throws IOException, InterruptedException {
        return Muxpool.run(temp.path(), stdin, words);
    }

    /** A run on the real server; options first. */
    private String[] run(String... rest) {
        List<String> words =
                new ArrayList<>(List.of("run", "-F", server.clientConfig().toString(), "--socket-dir"));
        words.add(temp.resolve("s").toString());
        words.addAll(List.of(rest));
        return words.toArray(String[]::new);
    }

    @Test
    void warningOfTheLoginIsSaidOnceWithVerboseAlsoOnAWarmConnection() throws Exception {
        Path open = Files.copy(server.dir().resolve("user_key"), temp.resolve("open_key"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
        String[] quiet = run("-o", "IdentityFile=" + open, "box", "--", "true");
        assertThat(muxpool(quiet).stderr()).isEmpty();
        String[] verbose = run("-v", "-o", "IdentityFile=" + open, "box", "--", "true");
        assertThat(muxpool(verbose).stderr()).containsOnlyOnce("UNPROTECTED PRIVATE KEY FILE");
    }

    private static Map<String, Object> json(Muxpool.Ended ended) throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        try (JsonParser parser = new JsonFactory().createParser(ended.stdout())) {
            assertThat(parser.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                fields.put(name, value(parser));
            }
            assertThat(parser.nextToken()).as("one object and nothing else").isNull();
        }
        return fields;
    }

    private static Object value(JsonParser parser) throws IOException {
        return switch (parser.nextToken()) {
            case VALUE_NULL -> "null";
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_STRING -> parser.getText();
            case START_ARRAY -> {
                List<String> words = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    words.add(parser.getText());
                }
                yield words;
            }
            default -> throw new AssertionError("unexpected " + parser.currentToken());
        };
    }

    @Test
    void theThreeStreamsPassThroughByteForByteAndNothingIsAdded() throws Exception {
        byte[] data = new byte[300_000];
        new Random(1).nextBytes(data);
        Muxpool.Ended ended = muxpool(data, run("box", "--", "sh", "-c", "cat; echo err >&2; exit 7"));
        assertThat(ended.code()).isEqualTo(7);
        assertThat(ended.stdout()).isEqualTo(data);
        assertThat(ended.stderr()).isEqualTo("err\n");
    }

    @Test
    void twoRunsInARowShowTheSameMaster() throws Exception {
        Map<String, Object> first = json(muxpool(run("--json", "box", "--", "echo", "a b")));
        Map<String, Object> second = json(muxpool(run("--json", "box", "--", "echo", "a b")));
        assertThat(first)
                .containsEntry("argv", List.of("echo", "a b"))
                .containsEntry("outcome", "exited")
                .containsEntry("code", 0L)
                .containsEntry("signal", "null")
                .containsEntry("dead", "null")
                .containsEntry("reused", false)
                .containsEntry("stdout", "a b\n")
                .containsEntry("stderr", "")
                .containsEntry("message", "null");
        assertThat(first.get("elapsed_ms"))
                .asInstanceOf(InstanceOfAssertFactories.DOUBLE)
                .isPositive();
        assertThat(second).containsEntry("reused", true).containsEntry("master_pid", first.get("master_pid"));
    }

    @Test
    void plainTransportLeavesNothingWarm() throws Exception {
        assertThat(json(muxpool(run("--json", "--transport", "plain", "box", "--", "true"))))
                .containsEntry("outcome", "exited")
                .containsEntry("reused", false)
                .containsEntry("master_pid", "null");
        assertThat(temp.resolve("s")).doesNotExist();
    }

    @Test
    void localModeRunsHereAndShowsADeathBySignalAs128PlusN() throws Exception {
        assertThat(muxpool("run", "-", "--", "sh", "-c", "exit 42").code()).isEqualTo(42);
        assertThat(muxpool("run", "-", "--", "sh", "-c", "kill -TERM $$").code())
                .isEqualTo(143);
        Map<String, Object> json = json(muxpool("run", "--json", "-", "--", "sh", "-c", "kill -KILL $$"));
        assertThat(json).containsEntry("outcome", "signalled").containsEntry("signal", "9");
        assertThat(muxpool("run", "--shell", "-", "echo $((1+2)) | tr 3 4").text())
                .isEqualTo("4\n");
    }

    @Test
    void aTimeoutIs124WithOneLine() throws Exception {
        assertThat(muxpool(run("box", "--", "true")).code()).isZero();
        Muxpool.Ended ended = muxpool(run("--timeout", "1500ms", "box", "--", "sh", "-c", "echo early; sleep 60"));
        assertThat(ended.code()).isEqualTo(124);
        assertThat(ended.text()).isEqualTo("early\n");
        assertThat(ended.stderr()).startsWith("muxpool: timed out after 1.5s").hasLineCount(1);
        Map<String, Object> json = json(muxpool(run(
                "--json",
                "--transport",
                "process",
                "--timeout",
                "4s",
                "box",
                "--",
                "sh",
                "-c",
                "echo early; sleep 60")));
        assertThat(json)
                .containsEntry("outcome", "timeout")
                .containsEntry("stdout", "early\n")
                .containsEntry("dead", true);
        assertThat((String) json.get("message")).endsWith("(confirmed dead)");
        assertThat(json(muxpool("run", "--json", "--timeout", "1s", "-", "--", "sleep", "60")))
                .containsEntry("outcome", "timeout")
                .containsEntry("dead", true);
    }

    @Test
    void whatCannotStartIs255AndSaysNotStarted() throws Exception {
        server.stop();
        Muxpool.Ended ended = muxpool(run("box", "--", "true"));
        assertThat(ended.code()).isEqualTo(255);
        assertThat(ended.stdout()).isEmpty();
        assertThat(ended.stderr())
                .startsWith("muxpool: not started: ")
                .contains("Connection refused")
                .hasLineCount(1);
        Map<String, Object> json = json(muxpool(run("--json", "--ssh-program", "no-such-ssh", "box", "true")));
        assertThat(json).containsEntry("outcome", "not_started").containsEntry("code", "null");
        assertThat((String) json.get("message")).contains("no-such-ssh");
    }

    @Test
    void aLostConnectionIs255AndSaysOutcomeUnknown() throws Exception {
        assertThat(muxpool(run("box", "true")).code()).isZero();
        Path started = temp.resolve("started");
        Path err = temp.resolve("err");
        Process process = Muxpool.builder(run("box", "--", "sh", "-c", "touch " + started + "; sleep 5"))
                .redirectError(err.toFile())
                .start();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(started));
        server.killConnections();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(255);
        assertThat(err).content().startsWith("muxpool: outcome unknown: ").hasLineCount(1);
    }

    @Test
    void retriesTryAgainWhatHasNotStarted() throws Exception {
        server.stop();
        Muxpool.Ended ended = muxpool(run("-v", "--retries", "2", "box", "--", "true"));
        assertThat(ended.code()).isEqualTo(255);
        assertThat(ended.stderr()).contains("[1/2]").contains("[2/2]").contains("not started");
    }

    @Test
    void aDryRunShowsTheWordsAndDoesNothing() throws Exception {
        Muxpool.Ended ended = muxpool(
                run("--dry-run", "box", "--", "touch", temp.resolve("x y").toString()));
        assertThat(ended.code()).isZero();
        assertThat(ended.stdout()).isEmpty();
        assertThat(ended.stderr())
                .contains("Would execute: ssh -oBatchMode=yes")
                .contains("box touch '");
        assertThat(temp.resolve("x y")).doesNotExist();
        assertThat(temp.resolve("s")).doesNotExist();
    }

    @Test
    void wordsOfTheCommandAreNeverTakenForOursOrForFiles() throws Exception {
        Muxpool.Ended ended = muxpool(run("box", "printf", "%s|", "-v", "--json", "@x", "$HOME", "", "--", "a\nb"));
        assertThat(ended.text()).isEqualTo("-v|--json|@x|$HOME||--|a\nb|");
    }

    @Test
    void badWordsAreRefusedInALineBeforeAnythingIsDone() throws Exception {
        for (String[] bad : List.of(
                run("-oProxyCommand=x", "--", "true"),
                run("a b", "true"),
                run("-p", "0", "box", "true"),
                run("-p", "x", "box", "true"),
                run("--timeout", "5", "box", "true"),
                run("--capacity", "0", "box", "true"),
                run("--retries", "-1", "box", "true"),
                run("--timeout", "0s", "box", "true"),
                run("--socket-dir", "", "box", "true"),
                run("-o", "", "box", "true"),
                run("--transport", "MUX", "box", "true"),
                run("--attach", "maybe", "box", "true"),
                run("--login-shell", "bash", "box", "true"),
                run("--transport", "process", "--no-reuse", "box", "true"),
                run("--attach", "existing", "--transport", "plain", "box", "true"),
                run("box"),
                run("--no-such-option", "box", "true"))) {
            Muxpool.Ended ended = muxpool(bad);
            assertThat(ended.code()).as(String.join(" ", bad)).isEqualTo(255);
            assertThat(ended.stderr()).startsWith("muxpool: not started: ").hasLineCount(2);
            assertThat(ended.stderr()).contains("--help");
        }
        assertThat(temp.resolve("s")).doesNotExist();
    }

    @Test
    void jsonIsOneObjectAlsoForBadWords() throws Exception {
        for (String[] bad : List.of(
                run("--json", "-p", "99999", "box", "true"),
                run("--json", "--timeout", "5", "box", "true"),
                run("--json", "a b", "true"),
                run("--json", "box"),
                run("--json", "--no-such-option", "box", "true"))) {
            Muxpool.Ended ended = muxpool(bad);
            assertThat(ended.code()).isEqualTo(255);
            assertThat(json(ended)).containsEntry("outcome", "not_started");
        }
    }

    @Test
    void jsonIsTheSameInEveryLocale() throws Exception {
        Path out = temp.resolve("out");
        ProcessBuilder builder = Muxpool.builder("run", "--json", "-", "--", "printf", "r\\303\\274\\377");
        builder.environment().put("LC_ALL", "POSIX");
        assertThat(builder.redirectOutput(out.toFile()).start().waitFor()).isZero();
        assertThat(out)
                .content(UTF_8)
                .contains("\"stdout\":\"r\u00fc\ufffd\"")
                .contains("\"stdout_base64\":\"csO8/w==\"");
    }

    @Test
    void wordsThatTheLocaleCannotExpressAreRefusedNotReplaced() throws Exception {
        Path err = temp.resolve("err");
        // Only the local side: what is typed is read in the same locale, where it has no meaning at all.
        ProcessBuilder builder = Muxpool.builder("run", "-", "--", "echo", "\u00fc");
        builder.environment().put("LC_ALL", "POSIX");
        Process process = builder.redirectError(err.toFile()).start();
        assertThat(process.waitFor()).isEqualTo(255);
        assertThat(err).content().contains("not started").contains("UTF-8");
    }

    @Test
    void anOptionGivenTwiceCountsTheLastTime() throws Exception {
        assertThat(muxpool(run(
                                "--pool",
                                "a",
                                "-F",
                                "/nowhere",
                                "-F",
                                server.clientConfig().toString(),
                                "box",
                                "true"))
                        .code())
                .isZero();
    }

    @Test
    void aTerminatedRunStillReportsItsOutcome() throws Exception {
        Path started = temp.resolve("started");
        Path out = temp.resolve("out");
        Process process = Muxpool.builder(
                        "run", "--json", "-", "--", "sh", "-c", "touch " + started + "; exec sleep 300")
                .redirectOutput(out.toFile())
                .start();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(started));
        Processes.signal(process.pid(), "TERM");
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(143);
        assertThat(out).content().contains("\"outcome\":\"cancelled\"");
    }

    /** The kill of what ignores TERM takes the whole grace, and the run waits for what is known of it. */
    @ParameterizedTest
    @CsvSource({"TERM,143", "HUP,129", "INT,130"})
    void aRemoteLoopThatIgnoresTermIsKilledBeforeAnEndedRunLeaves(String signal, int status) throws Exception {
        String time = "300." + System.nanoTime() % 1_000_000_000;
        Path out = temp.resolve("out");
        Process process = Muxpool.interruptible(
                        run("--json", "box", "--", "sh", "-c", "trap '' TERM; while :; do sleep " + time + "; done"))
                .redirectOutput(out.toFile())
                .start();
        try {
            assertThat(Processes.awaitCommandLine("sleep " + time, Duration.ofSeconds(60)))
                    .isTrue();
            Processes.signal(process.pid(), signal);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(Processes.withArgument(time)).isEmpty();
            assertThat(process.exitValue()).isEqualTo(status);
            assertThat(out).content().contains("\"outcome\":\"cancelled\"").contains("\"dead\":true");
        } finally {
            process.destroyForcibly().waitFor();
            Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
        }
    }

    /** As timeout(1) and a terminal that is closed have it: the ssh that is the connection must outlive it. */
    @ParameterizedTest
    @CsvSource({"TERM,143", "HUP,129", "INT,130"})
    void aSignalToTheGroupOfAPlainRunKillsItsRemoteCommand(String signal, int status) throws Exception {
        String time = "300." + System.nanoTime() % 1_000_000_000;
        Path out = temp.resolve("out");
        ProcessBuilder builder = Muxpool.interruptible(run(
                "--json",
                "--transport",
                "plain",
                "box",
                "--",
                "sh",
                "-c",
                "trap '' TERM; while :; do sleep " + time + "; done"));
        builder.command().add(0, "setsid");
        Process process = builder.redirectOutput(out.toFile()).start();
        try {
            assertThat(Processes.awaitCommandLine("sleep " + time, Duration.ofSeconds(60)))
                    .isTrue();
            Process kill = new ProcessBuilder("kill", "-s", signal, "--", "-" + process.pid())
                    .inheritIO()
                    .start();
            assertThat(kill.waitFor()).isZero();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(Processes.withArgument(time)).as(Files.readString(out)).isEmpty();
            assertThat(process.exitValue()).isEqualTo(status);
            assertThat(out).content().contains("\"outcome\":\"cancelled\"").contains("\"dead\":true");
        } finally {
            process.destroyForcibly().waitFor();
            Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
        }
    }

    @Test
    void aTerminatedRunKillsItsChildren() throws Exception {
        Path pid = temp.resolve("pid");
        Process process = Muxpool.builder("run", "-", "--", "sh", "-c", "echo $$ > " + pid + "; exec sleep 300")
                .start();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(pid) && Files.size(pid) > 0);
        long child = Long.parseLong(Files.readString(pid).strip());
        Processes.signal(process.pid(), "TERM");
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(143);
        assertThat(Processes.awaitGone(child, Duration.ofSeconds(30))).isTrue();
    }

    @Test
    void leasesAreListedAndIdleOnesStopped() throws Exception {
        String dir = temp.resolve("s").toString();
        assertThat(muxpool("leases", "--socket-dir", dir).text()).contains("No warm connections");
        long master = Long.parseLong(
                String.valueOf(json(muxpool(run("--json", "box", "true"))).get("master_pid")));
        Muxpool.Ended table = muxpool("leases", "--socket-dir", dir);
        assertThat(table.text()).contains("REMOTE").contains("free").contains(String.valueOf(master));
        // Not a terminal: no colours.
        assertThat(table.text()).doesNotContain("\u001b");
        assertThat(muxpool("leases", "--json", "--socket-dir", dir).text())
                .contains("\"held\":false")
                .contains("\"master_pid\":" + master);
        assertThat(muxpool("leases", "--stop", "--socket-dir", dir).text()).contains("Stopped 1");
        assertThat(Processes.awaitGone(master, Duration.ofSeconds(30))).isTrue();
        assertThat(muxpool("leases", "--socket-dir", dir).text()).contains("No warm connections");
    }

    @Test
    void theDoctorFindsNothingWrongWithAGoodServerAndLeavesNothing() throws Exception {
        Muxpool.Ended ended = muxpool(
                "doctor",
                "-F",
                server.clientConfig().toString(),
                "--socket-dir",
                temp.resolve("s").toString(),
                "box");
        assertThat(ended.code()).as(ended.text()).isZero();
        assertThat(ended.text())
                .contains("ssh program", "configuration", "socket directory", "connection", "multiplexing")
                .contains("allows 10 sessions");
        assertThat(server.connections()).isEmpty();
    }

    @Test
    void theDoctorNamesTheProblemAndItsRemedy() throws Exception {
        Muxpool.Ended ended = muxpool(
                "doctor",
                "-F",
                server.clientConfigWithUnknownUserKey().toString(),
                "--socket-dir",
                temp.resolve("s").toString(),
                "box");
        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.text()).contains("PROBLEM").contains("authorized_keys").contains("skipped");
    }

    @Test
    void helpAndCompletionAreThere() throws Exception {
        for (String command : List.of("run", "leases", "doctor", "demo")) {
            Muxpool.Ended help = muxpool(command, "--help");
            assertThat(help.code()).isZero();
            assertThat(help.text()).contains("muxpool " + command);
        }
        assertThat(muxpool("generate-completion").text()).contains("complete -F");
    }
}
