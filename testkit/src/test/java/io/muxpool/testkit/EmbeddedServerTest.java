package io.muxpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class EmbeddedServerTest {

    @SuppressWarnings("NullAway.Init") // by startServer
    private static EmbeddedServer server;

    @BeforeAll
    static void startServer() {
        server = EmbeddedServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
        assertThat(Files.exists(server.dir())).isFalse();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("embedded-server"));
    }

    @Test
    void runsACommandForAnyUserName() {
        assertThat(ssh("echo hi").out()).isEqualTo("hi\n");
        assertThat(Run.ssh(server.clientConfig(), "-l", "nobody-knows-me", "box", "echo $USER")
                        .out())
                .isEqualTo("nobody-knows-me\n");
    }

    @Test
    void reportsTheExitStatusAndKeepsTheStreamsApart() {
        Run run = ssh("echo out; echo err >&2; exit 7");
        assertThat(run.exit()).isEqualTo(7);
        assertThat(run.out()).isEqualTo("out\n");
        // From 10.1 on, ssh warns here before: this server has no post-quantum key exchange.
        assertThat(run.err()).endsWith("err\n");
    }

    @Test
    void reportsADeathBySignalAsOne() {
        Run run = Run.ssh(server.clientConfig(), "-v", "box", "kill -KILL $$");
        assertThat(run.exit()).isEqualTo(255);
        assertThat(run.err()).contains("rtype exit-signal").doesNotContain("rtype exit-status");
    }

    @Test
    void deliversFiveMegabytesIntact() {
        Run run = ssh("head -c 5000000 /dev/zero | tr '\\0' 'x'; echo end");
        assertThat(run.bytes()).hasSize(5_000_004);
        assertThat(run.out()).matches(text -> text.startsWith("xxx") && text.endsWith("xend\n"));
    }

    @Test
    void answersAFewCommandsWithoutAProcess() {
        try (EmbeddedServer builtins = EmbeddedServer.startWithBuiltins()) {
            Path config = builtins.clientConfig();
            assertThat(Run.ssh(config, "box", "/bin/echo hello there").out()).isEqualTo("hello there\n");
            assertThat(Run.ssh(config, "box", "head -c 100000 /dev/zero").bytes())
                    .hasSize(100_000)
                    .containsOnly(0);
            assertThat(Run.sshWithInput(config, new byte[3_000_000], "box", "wc -c")
                            .out())
                    .isEqualTo("3000000\n");
            byte[] input = new byte[3_000_000];
            new Random(1).nextBytes(input);
            assertThat(Run.sshWithInput(config, input, "box", "cat").bytes()).isEqualTo(input);
            Run unknown = Run.ssh(config, "box", "sleep 1");
            assertThat(unknown.exit()).isEqualTo(127);
            assertThat(unknown.err()).endsWith("sleep: this server has no such command\n");
        }
    }

    @Test
    void echoesThreeMegabytesOfInput() {
        byte[] input = new byte[3_000_000];
        new Random(1).nextBytes(input);
        Run run = Run.sshWithInput(server.clientConfig(), input, "box", "cat");
        assertThat(run.exit()).isZero();
        assertThat(Arrays.equals(run.bytes(), input)).isTrue();
    }

    @Test
    void doesNotWaitForInputThatTheCommandIgnores() {
        Run run = Run.sshWithInput(server.clientConfig(), new byte[5_000_000], "box", "exec <&-; echo done");
        assertThat(run.exit()).isZero();
        assertThat(run.out()).isEqualTo("done\n");
    }

    @Test
    void servesConcurrentSessionsOfOneMaster() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(5);
        try (ShortTemp temp = ShortTemp.create()) {
            Path socket = temp.resolve("s");
            Run.master(server, socket);
            List<CompletableFuture<String>> outputs = IntStream.range(0, 5)
                    .mapToObj(i -> CompletableFuture.supplyAsync(
                            () -> Run.ssh(server.clientConfig(), "-S", socket.toString(), "box", "sleep 0.2; echo " + i)
                                    .out(),
                            executor))
                    .collect(toList());
            for (int i = 0; i < 5; i++) {
                assertThat(outputs.get(i).get()).isEqualTo(i + "\n");
            }
            LeakCheck.endMasters(temp.path());
            assertThat(Processes.withArgument(temp.toString())).isEmpty();
        } finally {
            executor.shutdown();
        }
    }

    @Test
    void killsACommandAndItsChildrenWhenTheClientIsGone() throws Exception {
        Process ssh = new ProcessBuilder(
                        Ssh.program(), "-F", server.clientConfig().toString(), "box", "sleep 611 & echo $! $$; wait")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String[] pids = new String(ssh.getInputStream().readNBytes(3), UTF_8)
                .concat(ssh.inputReader().readLine())
                .split(" ", -1);
        assertThat(pids).allMatch(pid -> Processes.alive(Long.parseLong(pid)));

        ssh.destroyForcibly();

        assertThat(pids).allMatch(pid -> Processes.awaitGone(Long.parseLong(pid), Duration.ofSeconds(30)));
    }

    private static Run ssh(String command) {
        return Run.ssh(server.clientConfig(), "box", command);
    }
}
