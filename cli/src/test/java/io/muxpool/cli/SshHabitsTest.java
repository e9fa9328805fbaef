package io.muxpool.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.Command;
import io.muxpool.ConnectionPool;
import io.muxpool.Input;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The user's configuration and environment as ssh itself takes them, which runs beside. */
@Timeout(180)
final class SshHabitsTest {
    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server =
            OpenSshServer.builder().option("AcceptEnv", "*").start();

    @AfterEach
    void stop() {
        LeakCheck.endMasters(temp.path());
        server.close();
        temp.close();
    }

    private Muxpool.Ended ended(ProcessBuilder builder) throws IOException, InterruptedException {
        Path out = temp.resolve("stdout");
        Path err = temp.resolve("stderr");
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
            return new Muxpool.Ended(process.exitValue(), Files.readAllBytes(out), Files.readString(err));
        } finally {
            process.destroyForcibly();
        }
    }

    private String[] run(Path config, String... rest) {
        List<String> words = new ArrayList<>(List.of("run", "-F", config.toString(), "--socket-dir"));
        words.add(temp.resolve("s").toString());
        words.addAll(List.of(rest));
        return words.toArray(String[]::new);
    }

    private Muxpool.Ended muxpool(String... words) throws IOException, InterruptedException {
        return ended(Muxpool.builder(words).redirectInput(Path.of("/dev/null").toFile()));
    }

    // ---- environment

    /** What {@code env} printed, without what a login and a mark add. */
    private static Map<String, String> variables(String text) {
        return text.lines()
                .filter(line -> line.matches("(LC_|LANG|JAVA|MUXPOOL).*=.*") && !line.startsWith("LC_MUXPOOL_MARK="))
                .map(line -> List.of(line.split("=", 2)))
                .collect(Collectors.toMap(pair -> pair.get(0), pair -> pair.get(1), (a, b) -> b, TreeMap::new));
    }

    private void environment(Map<String, String> variables) {
        variables.keySet().removeIf(name -> name.matches("(LC_|LANG|JAVA|MUXPOOL).*"));
        variables.putAll(Map.of("LANG", "de_DE", "LC_TIME", "C", "MUXPOOL_OF_USER", "kept"));
    }

    /** What the launcher makes of {@link #environment} and of JAVA_TOOL_OPTIONS. */
    private void launched(Map<String, String> variables) {
        environment(variables);
        variables.putAll(Map.of(
                "LC_ALL",
                "C.UTF-8",
                "MUXPOOL_SAVED_LC_ALL",
                "unset",
                "MUXPOOL_SAVED_JAVA_TOOL_OPTIONS",
                "set:-Da=b",
                "MUXPOOL_LAUNCHER",
                "/somewhere/muxpool"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mux", "process", "plain", "local"})
    void launchersEnvironmentStaysInsideOnEveryWayOut(String transport) throws Exception {
        Path proxy = temp.resolve("proxy");
        Path match = temp.resolve("match");
        Path config = Files.writeString(
                temp.resolve("config"),
                "Match exec \"env >" + match + "\"\n  SendEnv *\nHost *\n  ProxyCommand sh -c 'env >" + proxy
                        + "; exec nc %h %p'\nInclude " + server.clientConfig() + "\n");
        assumeTrue(hasProgram("nc"), "the ProxyCommand of this test needs nc: package netcat-openbsd");
        ProcessBuilder ssh = new ProcessBuilder("ssh", "-F", config.toString(), "box", "env");
        environment(ssh.environment());
        ssh.environment().put("JAVA_TOOL_OPTIONS", "-Da=b");
        Map<String, String> theirs = variables(
                ended(ssh.redirectInput(Path.of("/dev/null").toFile())).text());
        assertThat(theirs).containsEntry("JAVA_TOOL_OPTIONS", "-Da=b").containsEntry("MUXPOOL_OF_USER", "kept");
        Map<String, String> theirProxys = variables(Files.readString(proxy));
        ProcessBuilder ours = Muxpool.builder(
                transport.equals("local")
                        ? new String[] {"run", "-", "--", "env"}
                        : run(config, "--transport", transport, "box", "--", "env"));
        launched(ours.environment());
        Muxpool.Ended ended = ended(ours.redirectInput(Path.of("/dev/null").toFile()));
        assertThat(ended.code()).as(ended.stderr()).isZero();
        assertThat(variables(ended.text())).isEqualTo(theirs);
        if (!transport.equals("local")) {
            assertThat(variables(Files.readString(proxy))).isEqualTo(theirProxys);
            assertThat(variables(Files.readString(match))).isEqualTo(theirProxys);
        }
    }

    private static boolean hasProgram(String name) {
        return Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, name)));
    }

    // ---- what ssh refuses

    @ParameterizedTest
    @CsvSource({
        "process,Ciphers=nosuch",
        "plain,Ciphers=nosuch",
        "plain,NoSuchOption=1",
        "process,RemoteCommand=uptime",
        "plain,RemoteCommand=uptime",
        "plain,LocalForward=127.0.0.1:%d localhost:1",
        "plain,RemoteForward=127.0.0.1:%d localhost:1",
        "plain,ProxyCommand=false"
    })
    void whatSshItselfRefusesIsNotStarted(String transport, String option) throws Exception {
        Path touched = temp.resolve("touched");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String set = option.replace("%d", Integer.toString(taken.getLocalPort()));
            Muxpool.Ended ended = muxpool(run(
                    server.clientConfig(),
                    "--transport",
                    transport,
                    "-o",
                    "ExitOnForwardFailure=yes",
                    "-o",
                    set,
                    "box",
                    "--",
                    "touch",
                    touched.toString()));
            assertThat(ended.code()).isEqualTo(255);
            assertThat(ended.stderr()).contains("muxpool: not started: ").doesNotContain("outcome unknown");
            Muxpool.Ended theirs = ended(new ProcessBuilder(
                    "ssh",
                    "-F",
                    server.clientConfig().toString(),
                    "-o",
                    "ExitOnForwardFailure=yes",
                    "-o",
                    set,
                    "box",
                    "touch " + touched));
            assertThat(theirs.code()).isEqualTo(255);
            assertThat(touched).doesNotExist();
        }
    }

    /** What only looks like a refusal stays what it is. */
    @ParameterizedTest
    @ValueSource(strings = {"process", "plain"})
    void commandThatWritesWhatSshWouldSayIsNotTakenForUnstarted(String transport) throws Exception {
        String says =
                "echo 'Unknown cipher type nosuch' >&2; echo 'Cannot execute command-line and remote command.' >&2;"
                        + " exit 255";
        Muxpool.Ended ended = muxpool(run(server.clientConfig(), "--transport", transport, "--shell", "box", says));
        assertThat(ended.code()).isEqualTo(255);
        assertThat(ended.stderr()).doesNotContain("not started");
    }

    // ---- standard input

    @ParameterizedTest
    @ValueSource(strings = {"mux", "process", "plain"})
    void stdinNullOfTheConfigurationIsHonoured(String transport) throws Exception {
        assumeTrue(isStdinNullKnown(), "StdinNull is an option of OpenSSH 8.7 and later");
        Path config =
                Files.writeString(temp.resolve("config"), "StdinNull yes\nInclude " + server.clientConfig() + "\n");
        Path input = Files.writeString(temp.resolve("input"), "a line\n");
        String[] words = run(config, "--transport", transport, "--shell", "box", "cat; echo end");
        Muxpool.Ended ours = ended(Muxpool.builder(words).redirectInput(input.toFile()));
        Muxpool.Ended theirs = ended(new ProcessBuilder("ssh", "-F", config.toString(), "box", "cat; echo end")
                .redirectInput(input.toFile()));
        assertThat(ours.text()).as(ours.stderr()).isEqualTo(theirs.text()).isEqualTo("end\n");
    }

    /** What a program gives is no input that the configuration knew of; a copy's would be lost. */
    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"MUX", "PROCESS", "PLAIN"})
    void inputThatAProgramGivesArrivesDespiteStdinNull(TransportKind transport) throws Exception {
        assumeTrue(isStdinNullKnown(), "StdinNull is an option of OpenSSH 8.7 and later");
        Path config =
                Files.writeString(temp.resolve("config"), "StdinNull yes\nInclude " + server.clientConfig() + "\n");
        Remote remote = Remote.builder("box")
                .configFile(config)
                .transport(transport)
                .socketDir(temp.resolve("s"))
                .build();
        try (ConnectionPool pool = ConnectionPool.open(remote, "habits")) {
            assertThat(pool.run(Command.of("cat").withStdin(Input.bytes("given".getBytes(UTF_8))))
                            .stdoutText())
                    .isEqualTo("given");
        }
    }

    private boolean isStdinNullKnown() throws IOException, InterruptedException {
        return ended(new ProcessBuilder("ssh", "-G", "-F", "/dev/null", "-oStdinNull=yes", "x"))
                        .code()
                == 0;
    }

    // ---- messages

    @Test
    void messageDoesNotRepeatALongCommand() throws Exception {
        String word = "x".repeat(100_000);
        for (String[] words : List.of(
                run(
                        server.clientConfig(),
                        "--transport",
                        "plain",
                        "-o",
                        "ProxyCommand=false",
                        "box",
                        "--",
                        "echo",
                        word),
                run(server.clientConfig(), "--timeout", "2s", "box", "--", "sh", "-c", "sleep 60; echo " + word),
                new String[] {"run", "-", "--", "/no/such/program", word})) {
            Muxpool.Ended ended = muxpool(words);
            assertThat(ended.code()).isIn(124, 255);
            assertThat(ended.stderr()).startsWith("muxpool: ").hasSizeLessThan(2500);
        }
        // The whole of it can still be asked for.
        Muxpool.Ended dry = muxpool(run(server.clientConfig(), "--dry-run", "box", "--", "echo", word));
        assertThat(dry.stderr()).contains(word);
    }

    // ---- names

    @ParameterizedTest
    @ValueSource(strings = {"me@corp@box", "DOM\\user@box", "a+b@box"})
    void userNamesThatSshTakesReachTheServerAsTheyAre(String destination) throws Exception {
        Muxpool.Ended ours = muxpool(run(server.clientConfig(), "--transport", "plain", destination, "true"));
        Muxpool.Ended theirs = ended(new ProcessBuilder(
                "ssh", "-F", server.clientConfig().toString(), "-oBatchMode=yes", destination, "true"));
        String user = destination.substring(0, destination.lastIndexOf('@'));
        assertThat(theirs.stderr()).contains(user.replace("\\", "\\\\") + "@127.0.0.1: Permission denied");
        assertThat(ours.stderr())
                .contains(theirs.stderr().strip().lines().reduce((a, b) -> b).orElseThrow());
    }
}
