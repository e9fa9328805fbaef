package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.muxpool.testkit.CountingSsh;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A warm connection leads where ssh would go now, and as whom: two servers that tell their name, one alias for both. */
@Timeout(120)
final class RightPlaceTest {
    @RegisterExtension
    final LeakCheck leaks =
            LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop|async).*"));

    private final ShortTemp temp = ShortTemp.create();
    private final Path config = temp.resolve("config");
    private final OpenSshServer test = server("test");
    private final OpenSshServer prod = server("prod");

    private static OpenSshServer server(String name) {
        return OpenSshServer.builder()
                .option("SetEnv", "WHERE=" + name)
                .option("AcceptEnv", "LC_* LANG")
                .start();
    }

    @AfterEach
    void stop() {
        LeakCheck.endMasters(temp.path());
        test.close();
        prod.close();
        temp.close();
    }

    /** The lines, and below them what it takes to log in on either server. */
    private void configure(String... lines) {
        try {
            Files.writeString(
                    config,
                    String.join("\n", lines)
                            + """

                    Host *
                        HostName 127.0.0.1
                        User %s
                        IdentityFile %s
                        IdentitiesOnly yes
                        UserKnownHostsFile /dev/null
                        GlobalKnownHostsFile /dev/null
                        StrictHostKeyChecking no
                    """.formatted(test.user(), test.dir().resolve("user_key")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String port(OpenSshServer server) {
        return "    Port " + server.port();
    }

    private Remote.Builder remote() {
        return Remote.builder("web").configFile(config).socketDir(temp.resolve("s"));
    }

    /** What a fresh pool finds, as a new process would. */
    private CommandResult ask(Remote remote) {
        try (ConnectionPool pool = ConnectionPool.open(remote, "place")) {
            return where(pool);
        }
    }

    private static CommandResult where(ConnectionPool pool) {
        return pool.run(Command.shell("echo $WHERE as $(id -un)")).check();
    }

    private static String place(CommandResult result) {
        return result.stdoutText().strip().split(" ", -1)[0];
    }

    /** One command in a process of its own; says where it ran, whether the connection was warm, and the master. */
    static final class OneCommand {
        private OneCommand() {}

        public static void main(String[] args) throws IOException {
            Remote.Builder remote =
                    Remote.builder("web").configFile(Path.of(args[0])).socketDir(Path.of(args[1]));
            if (args.length > 2) {
                List<String> options = new ArrayList<>(List.of(args[2]));
                options.addAll(Remote.DEFAULT_EXTRA_OPTIONS);
                remote.extraOptions(options);
            }
            String line;
            try (ConnectionPool pool = ConnectionPool.open(remote.build(), "place")) {
                CommandResult result = pool.run(Command.shell("echo $WHERE").withLogLevel(System.Logger.Level.TRACE));
                line = result.stdoutText().strip() + " " + (result.reused() ? "warm" : "cold") + " "
                        + result.masterPid().orElseThrow();
            } catch (NotStartedException e) {
                line = "not-started " + e.getMessage();
            }
            System.out.println(line);
            // Ends with whoever started this.
            System.in.readAllBytes();
        }
    }

    private String inProcess(Map<String, String> environment, Path directory, String... options) {
        List<String> args =
                new ArrayList<>(List.of(config.toString(), temp.resolve("s").toString()));
        args.addAll(List.of(options));
        try (OtherJvm jvm = OtherJvm.start(
                builder -> {
                    builder.environment().putAll(environment);
                    builder.directory(directory.toFile());
                },
                OneCommand.class,
                List.of(),
                args.toArray(String[]::new))) {
            return String.valueOf(jvm.line());
        }
    }

    @Test
    void matchExecThatDecidesByAVariableNeverRunsACommandForTestOnProd() {
        configure(
                "Match originalhost web exec \"[ $STAGE = prod ]\"", port(prod), "Match originalhost web", port(test));
        assertThat(inProcess(Map.of("STAGE", "prod"), temp.path())).startsWith("prod cold");
        assertThat(inProcess(Map.of("STAGE", "test"), temp.path())).startsWith("test cold");
        assertThat(inProcess(Map.of("STAGE", "prod"), temp.path())).startsWith("prod warm");
    }

    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"MUX", "PROCESS"})
    void portThatIsEditedLeadsToTheOtherServerThoughTheFirstIsWarm(TransportKind kind) {
        Remote remote = remote().transport(kind).build();
        configure("Host web", port(test));
        assertThat(place(ask(remote))).isEqualTo("test");
        assertThat(ask(remote).reused()).isTrue();
        configure("Host web", port(prod));
        assertThat(place(ask(remote))).isEqualTo("prod");
        configure("Host web", port(test));
        CommandResult back = ask(remote);
        assertThat(place(back)).isEqualTo("test");
        assertThat(back.reused()).as("the first is still warm").isTrue();
    }

    @Test
    void userThatIsEditedIsWhoLogsIn() throws IOException {
        assumeThat(OpenSshServer.Builder.canChooseLoginShell())
                .as("an account of its own, which only root can make")
                .isTrue();
        try (OpenSshServer both = OpenSshServer.builder().asOrdinaryUser().start()) {
            configure("Host web", port(both), "    User root");
            assertThat(ask(remote().build()).stdoutText()).contains("as root");
            configure("Host web", port(both), "    User " + both.user());
            assertThat(ask(remote().build()).stdoutText()).contains("as " + both.user());
            LeakCheck.endMasters(temp.path());
        }
    }

    @Test
    void hostNameAddressFamilyAndProxyCommandThatAreEditedMakeAnotherConnection() throws IOException {
        Path proxy = temp.resolve("proxy.sh");
        for (String line : List.of(
                "    HostName 127.0.0.1",
                "    HostName localhost",
                "    AddressFamily inet",
                "    BindAddress 127.0.0.1",
                "    HostKeyAlias other",
                "    Ciphers aes128-ctr",
                "    ProxyCommand sh " + proxy)) {
            Files.writeString(proxy, "exec socat - TCP:127.0.0.1:" + test.port() + "\n");
            if (line.contains("proxy.sh")) {
                assumeThat(Path.of("/usr/bin/socat")).as("the package socat").exists();
            }
            configure("Host web", port(test), line);
            CommandResult first = ask(remote().build());
            assertThat(first.reused()).as(line).isFalse();
            assertThat(ask(remote().build()).reused()).as(line).isTrue();
        }
        Files.writeString(proxy, "exec socat -  TCP:127.0.0.1:" + prod.port() + "\n");
        assertThat(place(ask(remote().build())))
                .as("the script of ProxyCommand was edited")
                .isEqualTo("prod");
    }

    @Test
    void relativeIdentityFileIsThatOfTheDirectoryThatOneIsIn() throws IOException {
        Path friend = Files.createDirectory(temp.resolve("a"));
        Path stranger = Files.createDirectory(temp.resolve("b"));
        Files.copy(test.dir().resolve("user_key"), friend.resolve("deploy"));
        Files.copy(test.dir().resolve("stranger_key"), stranger.resolve("deploy"));
        configure("Host web", port(test));
        // Without a key of the configuration's, which would log in on its own.
        Files.writeString(config, Files.readString(config).replaceAll("(?m)^ *IdentityFile .*\\n", ""));
        String option = "-oIdentityFile=deploy";
        assertThat(inProcess(Map.of(), friend, option)).startsWith("test cold");
        assertThat(inProcess(Map.of(), stranger, option))
                .startsWith("not-started")
                .contains("Permission denied");
        assertThat(inProcess(Map.of(), friend, option)).startsWith("test warm");
    }

    @Test
    void keyThatIsReplacedAtItsPathIsTheOneThatLogsIn() throws IOException {
        Path key = temp.resolve("key");
        Files.copy(test.dir().resolve("user_key"), key);
        configure("Host web", port(test), "    IdentityFile " + key);
        Files.writeString(
                config,
                Files.readString(config).replace("IdentityFile " + test.dir().resolve("user_key"), ""));
        assertThat(place(ask(remote().build()))).isEqualTo("test");
        Files.delete(key);
        Files.copy(test.dir().resolve("stranger_key"), key);
        assertThatThrownBy(() -> ask(remote().build()))
                .isInstanceOf(SshConnectException.class)
                .hasMessageContaining("Permission denied");
    }

    @Test
    void jumpHostsOwnBlockThatIsEditedMakesAnotherConnection() {
        configure("Host web", port(prod), "    ProxyJump gate", "Host gate", port(test));
        assertThat(place(ask(remote().build()))).isEqualTo("prod");
        assertThat(test.log()).contains("Accepted publickey");
        assertThat(ask(remote().build()).reused()).isTrue();
        String before = prod.log();
        configure("Host web", port(prod), "    ProxyJump gate", "Host gate", port(prod));
        CommandResult other = ask(remote().build());
        assertThat(other.reused()).isFalse();
        // Both the jump and what is behind it.
        assertThat(prod.log().substring(before.length()).split("Accepted publickey", -1))
                .hasSize(3);
    }

    @Test
    void anotherAgentMakesAnotherConnection() {
        configure("Host web", port(test));
        assertThat(inProcess(Map.of("SSH_AUTH_SOCK", "/nowhere/a"), temp.path()))
                .startsWith("test cold");
        assertThat(inProcess(Map.of("SSH_AUTH_SOCK", "/nowhere/b"), temp.path()))
                .startsWith("test cold");
        assertThat(inProcess(Map.of("SSH_AUTH_SOCK", "/nowhere/a"), temp.path()))
                .startsWith("test warm");
        configure("Host web", port(test), "    IdentityAgent none");
        assertThat(inProcess(Map.of("SSH_AUTH_SOCK", "/nowhere/a"), temp.path()))
                .as("without an agent it makes no difference")
                .startsWith("test cold");
        assertThat(inProcess(Map.of("SSH_AUTH_SOCK", "/nowhere/b"), temp.path()))
                .startsWith("test warm");
    }

    @Test
    void poolThatIsOpenForDaysGoesByTheConfigurationOfTheDayForEachNewConnection() throws Exception {
        configure("Host web", port(test));
        try (ConnectionPool pool =
                ConnectionPool.builder(remote().build(), "place").capacity(1).open()) {
            assertThat(place(where(pool))).isEqualTo("test");
            configure("Host web", port(prod));
            assertThat(place(where(pool)))
                    .as("the connection that is there goes on")
                    .isEqualTo("test");
            try (Connection busy = pool.connection();
                    Connection fresh = pool.connection()) {
                assertThat(busy.run(Command.shell("echo $WHERE")).stdoutText()).isEqualTo("test\n");
                assertThat(fresh.run(Command.shell("echo $WHERE")).stdoutText()).isEqualTo("prod\n");
            }
            test.killConnections();
            for (int i = 0; i < 3; i++) {
                try (Connection one = pool.connection();
                        Connection two = pool.connection()) {
                    assertThat(eventually(one)).isEqualTo("prod");
                    assertThat(eventually(two)).isEqualTo("prod");
                }
            }
        }
    }

    /** A connection that has just been lost may cost a command its outcome, and is made anew for the next. */
    private static String eventually(Connection connection) {
        try {
            return place(connection.run(Command.shell("echo $WHERE")).check());
        } catch (OutcomeUnknownException e) {
            return place(connection.run(Command.shell("echo $WHERE")).check());
        }
    }

    @Test
    void configurationThatCannotBeReadSharesItsConnectionsWithNoOtherPool() throws IOException {
        configure("Host web", port(test));
        Path old = script("for word; do [ \"$word\" != -G ] || exit 255; done");
        Remote remote = remote().sshProgram(old.toString()).build();
        assertThat(place(ask(remote))).isEqualTo("test");
        assertThat(ask(remote).reused()).isFalse();
    }

    private Path script(String line) throws IOException {
        Path script = Files.writeString(temp.resolve("ssh"), "#!/bin/sh\n" + line + "\nexec ssh \"$@\"\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script;
    }

    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"AUTO", "PROCESS"})
    void freshPoolOnAWarmHostAsksSshOnceAtMost(TransportKind kind) {
        configure("Host web", port(test));
        try (CountingSsh counting = CountingSsh.create()) {
            Remote remote =
                    remote().sshProgram(counting.program()).transport(kind).build();
            ask(remote);
            int before = counting.count();
            assertThat(ask(remote).reused()).isTrue();
            List<List<String>> calls = counting.calls().subList(before, counting.count());
            assertThat(calls.stream().filter(words -> words.contains("-G") || words.contains("-V")))
                    .hasSize(1);
            assertThat(calls).hasSize(kind == TransportKind.AUTO ? 1 : 2);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"MUX", "PROCESS", "PLAIN"})
    void terminalCiphersAndKeepaliveOfTheConfigurationWin(TransportKind kind) {
        OpenSshServer.assumeTerminals();
        configure(
                "Host web", port(test), "    RequestTTY force", "    Ciphers aes128-ctr", "    ServerAliveInterval 7m");
        try (CountingSsh counting = CountingSsh.create();
                ConnectionPool pool = ConnectionPool.open(
                        remote().transport(kind).sshProgram(counting.program()).build(), "place")) {
            assertThat(pool.run("test", "-t", "1").exit()).isEqualTo(new Exit.Exited(0));
            assertThat(pool.run(Command.of("test", "-t", "1").withoutPty()).exit())
                    .isEqualTo(new Exit.Exited(1));
            assertThat(connecting(counting))
                    .isNotEmpty()
                    .allSatisfy(words -> assertThat(words).noneMatch(word -> word.matches("-c|-T|-x|-oServerAlive.*")));
        }
    }

    @Test
    void whereTheConfigurationSaysNothingTheServerIsAskedEvery15Seconds() {
        configure("Host web", port(test));
        try (CountingSsh counting = CountingSsh.create();
                ConnectionPool pool = ConnectionPool.open(
                        remote().sshProgram(counting.program()).build(), "place")) {
            where(pool);
            assertThat(connecting(counting))
                    .hasSize(1)
                    .allSatisfy(words -> assertThat(words)
                            .contains(
                                    "-oServerAliveInterval=15",
                                    "-oServerAliveCountMax=4",
                                    "-c",
                                    Remote.DEFAULT_CIPHER));
        }
    }

    private static List<List<String>> connecting(CountingSsh counting) {
        return counting.calls().stream()
                .filter(words -> !words.contains("-G") && !words.contains("-V"))
                .toList();
    }

    @ParameterizedTest
    @EnumSource(
            value = TransportKind.class,
            names = {"MUX", "PROCESS", "PLAIN"})
    void forwardingsOfTheConfigurationNeitherHoldPortsNorMakeMastersFail(TransportKind kind) throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        int free;
        try (ServerSocket later = new ServerSocket(0, 1, loopback)) {
            free = later.getLocalPort();
        }
        try (ServerSocket busy = new ServerSocket(0, 1, loopback)) {
            configure(
                    "Host web",
                    port(test),
                    "    ExitOnForwardFailure yes",
                    "    LocalForward 127.0.0.1:" + busy.getLocalPort() + " localhost:1",
                    "    DynamicForward 127.0.0.1:" + busy.getLocalPort(),
                    "    RemoteForward 127.0.0.1:" + busy.getLocalPort() + " localhost:1",
                    "    LocalForward 127.0.0.1:" + free + " localhost:1");
            assertThat(place(ask(remote().transport(kind).build()))).isEqualTo("test");
        }
        // Nobody holds it, though the master is warm.
        try (ServerSocket mine = new ServerSocket(free, 1, loopback)) {
            assertThat(mine.isBound()).isTrue();
        }
    }

    @Test
    void forwardingThatTheCallerAsksForIsMade() throws IOException {
        configure("Host web", port(test));
        int free;
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket later = new ServerSocket(0, 1, loopback)) {
            free = later.getLocalPort();
        }
        String forward = "-L127.0.0.1:" + free + ":127.0.0.1:" + prod.port();
        Remote remote =
                remote().extraOptions(List.of("-oBatchMode=yes", forward)).build();
        try (ConnectionPool pool = ConnectionPool.open(remote, "place")) {
            where(pool);
            try (Socket through = new Socket(loopback, free)) {
                assertThat(new String(through.getInputStream().readNBytes(4), StandardCharsets.US_ASCII))
                        .isEqualTo("SSH-");
            }
        }
    }

    @Test
    void agentIsStillForwardedWhereTheConfigurationSaysSo() {
        configure("Host web", port(test), "    ForwardAgent yes", "    LocalForward 127.0.0.1:1 localhost:1");
        try (CountingSsh counting = CountingSsh.create();
                ConnectionPool pool = ConnectionPool.open(
                        remote().sshProgram(counting.program()).build(), "place")) {
            where(pool);
            // By ssh -S, which is what can do it.
            assertThat(connecting(counting)).hasSize(2);
        }
    }

    @Test
    void interruptOfTheWholeProcessGroupLeavesTheJumpOfANewMasterAlive() throws Exception {
        assumeThat(Files.exists(Path.of("/proc/self/environ"))).as("a /proc").isTrue();
        configure("Host web", port(prod), "    ProxyJump gate", "Host gate", port(test));
        try (OtherJvm jvm = OtherJvm.start(
                builder -> {
                    builder.environment().put("LC_MUXPOOL_MARK", "of-one-command");
                    // A group of its own, as a shell gives each job, that hears ^C.
                    builder.command().addAll(0, List.of("setsid", "env", "--default-signal=INT"));
                },
                OneCommand.class,
                List.of(),
                config.toString(),
                temp.resolve("s").toString())) {
            String[] said = String.valueOf(jvm.line()).split(" ", -1);
            assertThat(said).startsWith("prod", "cold");
            long master = Long.parseLong(said[2]);
            assertThat(new ProcessBuilder("kill", "-INT", "--", "-" + jvm.pid())
                            .start()
                            .waitFor())
                    .isZero();
            assertThat(Processes.awaitGone(jvm.pid(), Duration.ofSeconds(10))).isTrue();
            String environment = Files.readString(Path.of("/proc/" + master + "/environ"), StandardCharsets.ISO_8859_1);
            assertThat(environment).contains("PATH=").doesNotContain("LC_MUXPOOL_MARK");
            CommandResult next = ask(remote().build());
            assertThat(next.reused()).isTrue();
            assertThat(next.masterPid()).hasValue(master);
            assertThat(place(next)).isEqualTo("prod");
        }
    }

    @Test
    void variablesThatALauncherChangedReachTheServerAsTheUserHasThem() throws IOException {
        configure("Host web", port(test), "    SendEnv LC_ALL LC_TIME LANG");
        for (String kind : List.of("MUX", "PROCESS")) {
            try (OtherJvm jvm = OtherJvm.start(
                    builder -> {
                        Map<String, String> environment = builder.environment();
                        environment.keySet().removeIf(name -> name.matches("LC_.*|LANG"));
                        environment.put("LC_ALL", "C.UTF-8");
                        environment.put("MUXPOOL_SAVED_LC_ALL", "unset");
                        environment.put("LANG", "C.UTF-8");
                        environment.put("MUXPOOL_SAVED_LANG", "set:de_DE");
                        environment.put("LC_TIME", "en_DK");
                    },
                    Locales.class,
                    List.of(),
                    config.toString(),
                    temp.resolve("s").toString(),
                    kind)) {
                assertThat(jvm.line()).as(kind).isEqualTo("<unset> <en_DK> <de_DE>");
                assertThat(jvm.line()).as("a local command").isEqualTo("<unset> <en_DK> <de_DE> <unset>");
            }
        }
    }

    /** Says which locale a command gets over there, and here. */
    static final class Locales {
        private Locales() {}

        public static void main(String[] args) {
            Remote remote = Remote.builder("web")
                    .configFile(Path.of(args[0]))
                    .socketDir(Path.of(args[1]))
                    .transport(TransportKind.valueOf(args[2]))
                    .build();
            Command echo = Command.shell("echo \"<${LC_ALL-unset}> <${LC_TIME-unset}> <${LANG-unset}>\"")
                    .withLogLevel(System.Logger.Level.TRACE);
            try (ConnectionPool pool = ConnectionPool.open(remote, "locales")) {
                System.out.print(pool.run(echo).stdoutText());
            }
            Command local = Command.shell("echo \"<${LC_ALL-unset}> <${LC_TIME-unset}> <${LANG-unset}>"
                            + " <${MUXPOOL_SAVED_LANG-unset}>\"")
                    .withLogLevel(System.Logger.Level.TRACE);
            try (ConnectionPool pool = ConnectionPool.open(Remote.local(), "locales")) {
                System.out.print(pool.run(local).stdoutText());
            }
        }
    }
}
