package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A JVM that ends while a remote process over an ssh of its own is being killed, or runs. */
@Timeout(120)
final class PlainExitTest {
    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final OpenSshServer server = OpenSshServer.start();

    @AfterEach
    void stop() {
        server.close();
        temp.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"deadline", "cancel", "kill"})
    void jvmThatExitsRightAfterItsJobLeavesNoSshAndNoLog(String how) throws Exception {
        Path logs = Files.createDirectory(temp.resolve("tmp"));
        String time = "300." + System.nanoTime() % 1_000_000_000;
        try (OtherJvm jvm = OtherJvm.start(
                Main.class,
                List.of("-Djava.io.tmpdir=" + logs),
                Ssh.program(),
                server.clientConfig().toString(),
                time,
                how)) {
            assertThat(jvm.line()).isEqualTo("started");
            assertThat(jvm.line()).isNull();
            assertThat(jvm.finish()).isZero();
            assertThat(Processes.withArgument("-E " + logs)).isEmpty();
            try (Stream<Path> left = Files.list(logs)) {
                assertThat(left.filter(path -> path.toString().endsWith(".log")))
                        .isEmpty();
            }
        } finally {
            Processes.withArgument(time).forEach(pid -> Processes.signal(pid, "KILL"));
        }
    }

    /** Its arguments: the ssh program, a configuration, how long the command sleeps, and what ends its job. */
    static final class Main {
        private Main() {}

        public static void main(String[] args) throws Exception {
            Remote remote = Remote.builder("box")
                    .sshProgram(args[0])
                    .configFile(Path.of(args[1]))
                    .reuseConnection(false)
                    .build();
            ConnectionPool pool = ConnectionPool.open(remote, "exit");
            Job job = args[3].equals("deadline") ? Job.withTimeout(Duration.ofSeconds(4)) : Job.create();
            RemoteProcess process = pool.connection().start(Command.shell("echo up; exec sleep " + args[2]), job);
            if (process.getInputStream().read() != 'u') {
                throw new AssertionError("the command did not start");
            }
            System.out.println("started");
            switch (args[3]) {
                case "deadline" -> {
                    CountDownLatch over = new CountDownLatch(1);
                    over.await(job.remaining().orElseThrow().toMillis() + 1, TimeUnit.MILLISECONDS);
                }
                case "cancel" -> job.cancel();
                default -> process.destroyForcibly();
            }
            System.exit(0);
        }
    }
}
