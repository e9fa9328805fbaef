package io.muxpool.stress;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.JobTimeoutException;
import io.muxpool.Output;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.testkit.FullRun;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Output without end, measure or manners, to a client in a small heap of its own. {@code -Dmuxpool.flood=N} says how many
 * gigabytes.
 */
@FullRun("gigabytes of output into a small heap")
@Timeout(value = 1, unit = TimeUnit.HOURS)
class HostileOutputTest {
    private static final long GIGABYTES = Long.getLong("muxpool.flood", 1);
    private static final int LIMIT = 1 << 20;

    @RegisterExtension
    static final LeakCheck LEAKS = new LeakCheck();

    @Test
    void smallHeapBearsWhateverTheServerWrites() throws Exception {
        try (ShortTemp temp = ShortTemp.create();
                OpenSshServer server = OpenSshServer.start()) {
            Process client = OtherJava.of(
                            Client.class,
                            List.of("-Xmx48m"),
                            List.of(
                                    server.clientConfig().toString(),
                                    temp.path().toString(),
                                    Ssh.program(),
                                    Long.toString(GIGABYTES * 1_000_000_000)))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                String said = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(said.lines())
                        .containsExactly(
                                "MUX: all counted, endless bounded, no line bounded, control bytes as they are",
                                "PROCESS: all counted, endless bounded, no line bounded, control bytes as they are");
                assertThat(client.waitFor()).isZero();
            } finally {
                client.destroyForcibly();
                LeakCheck.endMasters(temp.path());
            }
        }
    }

    /** The one with the small heap. */
    static final class Client {
        private Client() {}

        @SuppressWarnings("SystemOut") // how it answers
        public static void main(String[] words) {
            for (TransportKind transport : List.of(TransportKind.MUX, TransportKind.PROCESS)) {
                Remote remote = Remote.builder(SshEndpoint.ALIAS)
                        .configFile(Path.of(words[0]))
                        .socketDir(Path.of(words[1]))
                        .sshProgram(words[2])
                        .transport(transport)
                        .killGrace(Duration.ZERO)
                        .build();
                try (ConnectionPool pool = ConnectionPool.open(remote, "flood")) {
                    System.out.println(transport + ": " + all(pool, Long.parseLong(words[3])) + ", " + endless(pool)
                            + ", " + noLine(pool) + ", " + controls(pool));
                }
            }
        }

        private static CommandResult run(ConnectionPool pool, Command command) {
            return pool.run(command.withLogLevel(Level.TRACE)).check();
        }

        private static String all(ConnectionPool pool, long bytes) {
            long[] sum = {0};
            OutputStream counter = new OutputStream() {
                @Override
                public void write(int b) {
                    sum[0]++;
                }

                @Override
                public void write(byte[] from, int start, int length) {
                    sum[0] += length;
                }
            };
            run(
                    pool,
                    Command.of("head", "-c", Long.toString(bytes), "/dev/zero").withStdout(Output.stream(counter)));
            return sum[0] == bytes ? "all counted" : sum[0] + " counted";
        }

        private static String endless(ConnectionPool pool) {
            try {
                pool.run(
                        Command.shell("yes wide >&2")
                                .withStderr(Output.capture(LIMIT))
                                .withLogLevel(Level.TRACE),
                        Job.withTimeout(Duration.ofSeconds(3)));
                return "endless ended";
            } catch (JobTimeoutException e) {
                return e.partialOutput().stderr().length == LIMIT ? "endless bounded" : "endless lost";
            }
        }

        private static String noLine(ConnectionPool pool) {
            CommandResult result = run(
                    pool,
                    Command.shell("head -c 200000000 /dev/zero | tr '\\0' x").withStdout(Output.capture(LIMIT)));
            return result.stdoutTruncated() && result.stdout().length == LIMIT ? "no line bounded" : "no line lost";
        }

        private static String controls(ConnectionPool pool) {
            byte[] out = run(pool, Command.of("printf", "\\033]0;title\\007\\000\\377\\r\\b"))
                    .stdout();
            String hex = HexFormat.of().formatHex(out);
            return hex.equals("1b5d303b7469746c650700ff0d08") ? "control bytes as they are" : hex;
        }
    }
}
