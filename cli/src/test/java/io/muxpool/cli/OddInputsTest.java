package io.muxpool.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.ShellQuote;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Inputs, outputs and machines that are not as a program expects them; where ssh has a habit, it runs beside. */
@Timeout(180)
final class OddInputsTest {
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

    private String[] run(String... rest) {
        List<String> words =
                new ArrayList<>(List.of("run", "-F", server.clientConfig().toString(), "--socket-dir"));
        words.add(temp.resolve("s").toString());
        words.addAll(List.of(rest));
        return words.toArray(String[]::new);
    }

    private String ssh(String... rest) {
        List<String> words =
                new ArrayList<>(List.of("ssh", "-F", server.clientConfig().toString()));
        words.addAll(List.of(rest));
        return ShellQuote.line(words);
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
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private Muxpool.Ended shell(String line) throws IOException, InterruptedException {
        return ended(new ProcessBuilder("/bin/sh", "-c", line).redirectInput(new File("/dev/null")));
    }

    /** With more options of the JVM. */
    private static ProcessBuilder jvm(List<String> options, String... words) {
        ProcessBuilder builder = Muxpool.builder(words);
        builder.command().addAll(1, options);
        return builder.redirectInput(new File("/dev/null"));
    }

    // ---- standard input

    /** {@code nohup} opens a terminal's place write-only. */
    @ParameterizedTest
    @ValueSource(strings = {"0>/dev/null", "</tmp", "</dev/null"})
    void inputOfNohupThatCannotBeReadIsEmptyAsForSsh(String input) throws Exception {
        Muxpool.Ended ours = shell(Muxpool.line(run("box", "--", "sh", "-c", "cat; echo end")) + " " + input);
        Muxpool.Ended theirs = shell(ssh("box", "cat; echo end") + " " + input);
        assertThat(ours.text()).isEqualTo(theirs.text()).isEqualTo("end\n");
        assertThat(ours.code()).isEqualTo(theirs.code()).isZero();
        assertThat(ours.stderr()).isEmpty();
    }

    /** As node and asyncio leave the pipes of their children. */
    @ParameterizedTest
    @ValueSource(strings = {"os.pipe()", "[s.detach() for s in socket.socketpair()]"})
    void pipesThatDoNotBlockAreWaitedForAsBySsh(String pair) throws Exception {
        assumeTrue(hasProgram("python3"), "python3 makes the pipes of this test non-blocking: package python3");
        String program = String.join(
                "\n",
                "import fcntl, os, socket, subprocess, sys",
                "def nonblocking(fd): fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)",
                "in_read, in_write = " + pair,
                "out_read, out_write = os.pipe()",
                "nonblocking(in_read); nonblocking(out_write)",
                "child = subprocess.Popen(sys.argv[1:], stdin=in_read, stdout=out_write)",
                "os.close(in_read); os.close(out_write)",
                "seen = b''",
                // Started, and its input empty: the command has said so.
                "while not seen.endswith(b'ready\\n'): seen += os.read(out_read, 1)",
                "os.write(in_write, b'one\\n')",
                "while not seen.endswith(b'one\\n'): seen += os.read(out_read, 1)",
                "os.write(in_write, b'two\\n'); os.close(in_write)",
                "rest = seen",
                "while True:",
                "  chunk = os.read(out_read, 65536)",
                "  if not chunk: break",
                "  rest += chunk",
                "print(child.wait(), len(rest), rest[:14])");
        String command = "echo ready; cat; head -c 2000000 /dev/zero";
        List<String> words = new ArrayList<>(List.of("python3", "-c", program));
        words.addAll(Muxpool.builder(run("box", "--", "sh", "-c", command)).command());
        Muxpool.Ended ours = ended(new ProcessBuilder(words));
        List<String> their = List.of(
                "python3", "-c", program, "ssh", "-F", server.clientConfig().toString(), "box");
        Muxpool.Ended theirs = ended(new ProcessBuilder(
                Stream.concat(their.stream(), Stream.of(command)).toList()));
        assertThat(ours.text())
                .as(ours.stderr())
                .isEqualTo(theirs.text())
                .isEqualTo("0 2000014 b'ready\\none\\ntwo\\n'\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-n", "</dev/null"})
    void whileReadLoopKeepsItsLinesAsWithSsh(String how) throws Exception {
        String[] option = how.startsWith("-") ? new String[] {how} : new String[0];
        String input = how.startsWith("-") ? "" : how;
        String[] words = Stream.of(option, new String[] {"box", "--", "cat"})
                .flatMap(Stream::of)
                .toArray(String[]::new);
        String loop = "printf 'a\\nb\\nc\\n' | while read -r line; do echo \"$line\"; %s %s; done";
        Muxpool.Ended ours = shell(String.format(loop, Muxpool.line(run(words)), input));
        Muxpool.Ended theirs = shell(String.format(loop, ssh(words), input));
        assertThat(ours.text()).isEqualTo(theirs.text()).isEqualTo("a\nb\nc\n");
    }

    @Test
    void whileReadLoopLosesItsLinesWithoutThatAsWithSsh() throws Exception {
        String loop = "printf 'a\\nb\\nc\\n' | while read -r line; do echo \"$line\"; %s; done";
        Muxpool.Ended ours = shell(String.format(loop, Muxpool.line(run("box", "--", "cat"))));
        assertThat(ours.text())
                .isEqualTo(shell(String.format(loop, ssh("box", "cat"))).text());
    }

    /** Where the launcher has SIGTTIN ignored; see LauncherTest. ssh itself is stopped. */
    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void jobInTheBackgroundOfAShellIsNotStoppedByItsTerminal() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/stat")), "jobs are told from /proc, which is not here");
        assertThat(shell(Muxpool.line(run("box", "--", "true"))).code()).isZero();
        Path got = temp.resolve("got");
        // Split, so that what is typed does not look like what is printed.
        String command = "printf 'r%s\\n' an; cat >" + got + "; printf 'do%s\\n' ne";
        // In files, since a terminal takes no line of more than 4095 bytes.
        Path ours = Files.writeString(
                temp.resolve("ours"),
                "trap '' TTIN\nexec " + Muxpool.line(run("box", "--", "sh", "-c", command)) + "\n");
        Path theirs = Files.writeString(temp.resolve("theirs"), "exec " + ssh("box", "cat") + "\n");
        Process terminal = new ProcessBuilder(
                        "ssh", "-tt", "-F", server.clientConfig().toString(), "box", "bash --norc --noprofile -i")
                .redirectErrorStream(true)
                .start();
        try (OutputStream keys = terminal.getOutputStream();
                BufferedReader screen = terminal.inputReader(UTF_8)) {
            type(keys, "PS1=; set -m; PATH=" + System.getenv("PATH") + "\n");
            type(keys, "sh " + ours + " &\n");
            awaitLine(screen, "ran");
            // ssh beside it, in the same place.
            type(keys, "sh " + theirs + " & wait %2; jobs -s; printf 'li%s\\n' sted\n");
            // It reads when there is something to read, which the shell leaves there while it waits.
            type(keys, "\n");
            String stopped = awaitLine(screen, "listed");
            assertThat(stopped).contains("Stopped").doesNotContainPattern("Stopped.*ours");
            type(keys, "kill -9 %2; printf 'wa%s\\n' it; fg %1\n");
            awaitLine(screen, "wait");
            type(keys, "from the terminal\n\u0004");
            awaitLine(screen, "done");
            assertThat(got).hasContent("from the terminal\n");
        } finally {
            terminal.destroyForcibly().waitFor();
        }
    }

    private static void type(OutputStream keys, String text) throws IOException {
        keys.write(text.getBytes(UTF_8));
        keys.flush();
    }

    /** Everything up to a line that holds the text. */
    private static String awaitLine(BufferedReader screen, String text) throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String line; (line = screen.readLine()) != null; ) {
            seen.append(line).append('\n');
            if (line.contains(text)) {
                return seen.toString();
            }
        }
        throw new AssertionError("the terminal ended without \"" + text + "\": " + seen);
    }

    private static boolean hasProgram(String name) {
        return Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, name)));
    }

    // ---- large outputs in a small heap

    @ParameterizedTest
    @ValueSource(strings = {"x", "\\377"})
    void jsonOfSixtyMegabytesComesOutOfASmallHeap(String filler) throws Exception {
        String fill = "head -c 60000000 /dev/zero | tr '\\0' '" + filler + "'; exit 3";
        Muxpool.Ended ended = ended(jvm(List.of("-Xmx256m"), run("--json", "box", "--", "sh", "-c", fill)));
        assertThat(ended.code()).as(ended.stderr()).isEqualTo(3);
        assertThat(ended.stderr()).isEmpty();
        assertThat(ended.stdout().length).isGreaterThan(60_000_000);
        String end = new String(ended.stdout(), ended.stdout().length - 40, 40, UTF_8);
        assertThat(end).endsWith("\",\"stderr\":\"\",\"message\":null}\n");
    }

    @Test
    void jsonSaysThatTheOutcomeIsKnownWhereTheOutputDoesNotFit() throws Exception {
        String fill = "head -c 60000000 /dev/zero | tr '\\0' x; exit 3";
        for (String[] words : List.of(
                run("--json", "box", "--", "sh", "-c", fill),
                new String[] {"run", "--json", "-", "--", "sh", "-c", fill})) {
            Muxpool.Ended ended = ended(jvm(List.of("-Xmx64m"), words));
            assertThat(ended.code()).as(ended.stderr()).isEqualTo(3);
            assertThat(ended.text())
                    .startsWith("{\"argv\"")
                    .contains("\"outcome\":\"exited\",\"code\":3")
                    .contains("\"truncated\":true")
                    .contains("outcome known (exit status 3), output too large for this heap")
                    .endsWith("}\n");
        }
    }

    @Test
    void errorOfTheJvmNeverEndsWithAStatusThatIsTheCommands() throws Exception {
        String both = "head -c 60000000 /dev/zero | tr '\\0' x | tee /dev/stderr; exit 1";
        Muxpool.Ended ended = ended(jvm(List.of("-Xmx40m"), "run", "--json", "-", "--", "sh", "-c", both));
        assertThat(ended.stderr()).doesNotContain("\tat ");
        if (ended.code() == 255) {
            assertThat(ended.text()).contains("\"outcome\":\"unknown\"").contains("no memory");
        } else {
            assertThat(ended.code()).isEqualTo(1);
            assertThat(ended.text()).contains("\"outcome\":\"exited\"").contains("\"truncated\":true");
        }
    }

    // ---- return at the exit

    @ParameterizedTest
    @ValueSource(strings = {"sleep %s", "while sleep %s || true; do :; done", "while echo more; do sleep 0.05; done"})
    void serverStartedInTheBackgroundDoesNotHoldTheCaller(String rest) throws Exception {
        String mark = "300." + System.nanoTime() % 1_000_000_000;
        String line = "sh -c '" + String.format(rest, mark) + "; : " + mark + "' & echo started; exit 4";
        try {
            Muxpool.Ended ended =
                    ended(jvm(List.of(), run("--return-on-exit", "--timeout", "60s", "--shell", "box", line)));
            assertThat(ended.code()).isEqualTo(4);
            assertThat(ended.text()).startsWith("started\n");
            if (!rest.contains("more")) {
                // One that writes on meets a closed pipe, as with ssh.
                assertThat(Processes.withArgument(mark)).isNotEmpty();
            }
        } finally {
            Processes.withArgument(mark).forEach(pid -> Processes.signal(pid, "KILL"));
        }
    }

    @Test
    void outputThatASlowReaderHasNotTakenIsNotLostAtTheExit() throws Exception {
        String mark = "300." + System.nanoTime() % 1_000_000_000;
        String command = "sleep " + mark + " & head -c 4000000 /dev/zero; exit 4";
        try {
            Muxpool.Ended ended =
                    shell(Muxpool.line(run("--return-on-exit", "--shell", "box", command)) + " | (sleep 3; wc -c)");
            assertThat(ended.text().strip()).isEqualTo("4000000");
        } finally {
            Processes.withArgument(mark).forEach(pid -> Processes.signal(pid, "KILL"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--transport=process", "--transport=plain", "--no-reuse"})
    void returnAtTheExitIsRefusedWhereItCannotBe(String transport) throws Exception {
        Muxpool.Ended ended = shell(Muxpool.line(run("--return-on-exit", transport, "box", "true")));
        assertThat(ended.code()).isEqualTo(255);
        assertThat(ended.stderr()).startsWith("muxpool: not started: --return-on-exit needs the transport mux");
    }

    // ---- verbose masters

    @Test
    void masterThatAVerboseRunStartedDoesNotWriteOnForLife() throws Exception {
        Muxpool.Ended first = shell(Muxpool.line(run("-v", "box", "--", "true")));
        assertThat(first.stderr()).contains("debug1: Offering public key").contains("Authenticated to");
        long size = logSize();
        for (int i = 0; i < 3; i++) {
            assertThat(shell(Muxpool.line(run("-v", "box", "--", "true"))).code())
                    .isZero();
        }
        assertThat(logSize()).isEqualTo(size);
    }

    /** What all masters here have open for writing, files that were removed included. */
    private long logSize() throws IOException {
        try (Stream<Path> all = Files.walk(temp.resolve("s"))) {
            List<Path> logs =
                    all.filter(path -> path.toString().endsWith(".login")).toList();
            assertThat(logs).hasSize(1);
            return Files.size(logs.get(0));
        }
    }

    // ---- machines

    @Test
    void messageOfAHomeThatItsGroupMayWriteToHoldsALineThatWorks() throws Exception {
        Path home = Files.createDirectory(temp.resolve("home"));
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxr-x"));
        Path runtime = Files.createDirectory(
                temp.resolve("run"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        ProcessBuilder builder = jvm(
                List.of("-Duser.home=" + home),
                "run",
                "-F",
                server.clientConfig().toString(),
                "box",
                "--",
                "echo",
                "it's here");
        builder.environment().put("XDG_RUNTIME_DIR", runtime.toString());
        Muxpool.Ended ended = ended(builder);
        assertThat(ended.code()).isEqualTo(255);
        assertThat(ended.stderr()).contains("chmod go-w " + home).contains("--socket-dir " + runtime);
        assertThat(shell(workingLine(ended)).text()).isEqualTo("it's here\n");
    }

    /** As an ordinary user: to root, nothing of his own would be foreign there. */
    @Test
    void messageInAUserNamespaceWithoutRootHoldsALineThatWorks() throws Exception {
        boolean root = "root".equals(System.getProperty("user.name"));
        String namespace = root
                ? "setpriv --reuid=1 --regid=1 --clear-groups unshare --user --map-user=1 "
                : "unshare --user --map-user=$(id -u) ";
        assumeTrue(
                hasProgram("unshare")
                        && hasProgram("setpriv")
                        && shell(namespace + "true").code() == 0,
                "user namespaces cannot be made here: package util-linux, and a kernel that allows them");
        Path open = Files.createTempDirectory("mp");
        try {
            Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
            Path own = Files.createDirectory(open.resolve("u"));
            List<String> words =
                    readableByAll(open, "run", "-F", own.resolve("config").toString());
            String config = Files.readString(server.clientConfig());
            for (String word : config.split("[\\s\"]+", -1)) {
                if (word.startsWith("/") && Files.isRegularFile(Path.of(word))) {
                    Path copy = own.resolve(Path.of(word).getFileName().toString());
                    Files.copy(Path.of(word), copy);
                    config = config.replace(word, copy.toString());
                }
            }
            Files.writeString(own.resolve("config"), config);
            assertThat(shell((root ? "chown -R 1:1 " : "ls ") + own + "; chmod -R go= " + own)
                            .code())
                    .isZero();
            for (List<String> option : List.of(List.<String>of(), List.of("--transport", "process"))) {
                List<String> line = new ArrayList<>(words);
                line.addAll(option);
                line.addAll(List.of("--socket-dir", own.resolve("s").toString(), "box", "--", "echo", "it's here"));
                String prefix = "HOME=" + own + " XDG_RUNTIME_DIR= " + namespace;
                Muxpool.Ended ended = shell(prefix + ShellQuote.line(line));
                assertThat(ended.code()).isEqualTo(255);
                assertThat(ended.stderr()).contains("--no-reuse");
                String java = ShellQuote.line(words.subList(0, words.indexOf("run")));
                assertThat(shell(prefix + java + " " + workingWords(ended)).text())
                        .isEqualTo("it's here\n");
            }
        } finally {
            shell("rm -rf " + open);
        }
    }

    /** The words that start muxpool from copies of its classes, which may be where only this user can read. */
    private List<String> readableByAll(Path open, String... words) throws IOException, InterruptedException {
        List<String> line = Muxpool.builder(words).command();
        int classPath = line.indexOf("-cp") + 1;
        List<String> copies = new ArrayList<>();
        for (String entry : line.get(classPath).split(File.pathSeparator, -1)) {
            if (!entry.isEmpty() && Files.exists(Path.of(entry))) {
                Path copy = open.resolve(copies.size() + (entry.endsWith(".jar") ? ".jar" : ""));
                assertThat(shell(ShellQuote.line(List.of("cp", "-r", entry, copy.toString())))
                                .code())
                        .isZero();
                copies.add(copy.toString());
            }
        }
        assertThat(shell("chmod -R a+rX " + open).code()).isZero();
        line.set(classPath, String.join(File.pathSeparator, copies));
        return line;
    }

    /** The line that a message names, for this build's muxpool. */
    private static String workingLine(Muxpool.Ended ended) {
        return Muxpool.line() + " " + workingWords(ended);
    }

    private static String workingWords(Muxpool.Ended ended) {
        return ended.stderr().strip().replaceFirst("(?s).*This works here: muxpool ", "");
    }
}
