package io.muxpool.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.ConnectionPool;
import io.muxpool.Exit;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.JobTimeoutException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.PackagedServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.SshEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every transport on every server that Debian packages: what each says of the same eight things. A cell is what happened,
 * whatever it was; what may never happen is a wrong word. The rows are written to {@code target/servers.md}, and are those
 * of the table in docs/reliability.md.
 */
@Timeout(300)
final class ServerMatrixTest {
    private static final String WRONG = "WRONG: ";
    private static final int SIZE = 20_000_000;
    private static final Duration TIME = Duration.ofSeconds(60);

    private final List<String> notes = new ArrayList<>();

    static Stream<String> servers() {
        return Stream.concat(
                Stream.of("openssh"),
                Arrays.stream(PackagedServer.Kind.values()).map(Enum::toString));
    }

    @ParameterizedTest
    @MethodSource("servers")
    void everyTransportTellsTheTruthOn(String name) throws Exception {
        try (SshEndpoint server = start(name)) {
            for (TransportKind transport : List.of(TransportKind.MUX, TransportKind.PROCESS, TransportKind.PLAIN)) {
                Map<String, String> cells = row(server, transport);
                String row = "| " + name + " | " + transport.name().toLowerCase(java.util.Locale.ROOT) + " | "
                        + String.join(" | ", cells.values()) + " |";
                Files.writeString(
                        Path.of("target", "servers.md"),
                        row + "\n" + String.join("", notes),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
                notes.clear();
                // Over the others it is ssh that takes the server's word, as it comes.
                if (transport == TransportKind.MUX || name.equals("openssh")) {
                    assertThat(cells.values()).as(row).noneMatch(cell -> cell.startsWith(WRONG));
                    assertThat(cells.get("run")).as(row).isEqualTo("ok");
                }
            }
        }
    }

    private static SshEndpoint start(String name) {
        if (name.equals("openssh")) {
            return OpenSshServer.builder()
                    .asOrdinaryUser()
                    .option("Subsystem", "sftp internal-sftp")
                    .start();
        }
        PackagedServer.Kind kind = Arrays.stream(PackagedServer.Kind.values())
                .filter(one -> one.toString().equals(name))
                .findFirst()
                .orElseThrow();
        assumeTrue(kind.missing().isEmpty(), () -> kind.missing().orElse(""));
        return PackagedServer.start(kind);
    }

    private interface Cell {
        String of() throws Exception;
    }

    private Map<String, String> row(SshEndpoint server, TransportKind transport) throws Exception {
        Map<String, String> cells = new LinkedHashMap<>();
        try (ShortTemp temp = ShortTemp.create()) {
            Remote remote = Remote.builder(SshEndpoint.ALIAS)
                    .configFile(server.clientConfig())
                    .socketDir(temp.resolve("s"))
                    .transport(transport)
                    .build();
            try (ConnectionPool pool = ConnectionPool.builder(remote, "matrix").open()) {
                cell(cells, "run", () -> {
                    CommandResult result = run(pool, Command.of("echo", "hello"));
                    return ended(result, 0, result.stdoutText().equals("hello\n"));
                });
                cell(cells, "255", () -> ended(run(pool, Command.shell("exit 255")), 255, true));
                cell(cells, "signal", () -> signalled(run(pool, Command.shell("kill -TERM $$"))));
                cell(cells, "kill", () -> kill(pool));
                cell(cells, "down", () -> {
                    CommandResult result = run(pool, Command.shell("head -c " + SIZE + " /dev/zero | tr '\\0' x"));
                    return ended(result, 0, result.stdout().length == SIZE);
                });
                cell(cells, "up", () -> {
                    CommandResult result = run(pool, Command.of("wc", "-c").withStdin(Input.bytes(new byte[SIZE])));
                    return ended(result, 0, result.stdoutText().strip().equals(String.valueOf(SIZE)));
                });
                cell(cells, "30", () -> atOnce(pool));
                cell(cells, "copies", () -> copies(pool, temp));
            } finally {
                LeakCheck.endMasters(temp.path());
            }
        }
        return cells;
    }

    private void cell(Map<String, String> cells, String name, Cell cell) throws Exception {
        String word;
        try {
            word = cell.of();
        } catch (RuntimeException e) {
            word = word(e);
            notes.add("  " + name + ": " + e.getMessage() + "\n");
        }
        cells.put(name, word);
    }

    private static String word(RuntimeException e) {
        if (e instanceof NotStartedException) {
            return "not started";
        }
        if (e instanceof OutcomeUnknownException) {
            return "unknown";
        }
        if (e instanceof JobTimeoutException) {
            return "no end in " + TIME.toSeconds() + " s";
        }
        return e instanceof CopyException ? "fails" : e.getClass().getSimpleName();
    }

    private static CommandResult run(ConnectionPool pool, Command command) {
        return pool.run(command, Job.withTimeout(TIME));
    }

    private static String ended(CommandResult result, int code, boolean right) {
        if (result.exit() instanceof Exit.Ambiguous) {
            return "ambiguous";
        }
        return right && result.exit().equals(new Exit.Exited(code)) ? "ok" : WRONG + result;
    }

    /** A server without a message for a death by signal says what a shell would. */
    private static String signalled(CommandResult result) {
        if (result.exit() instanceof Exit.Signalled signalled) {
            return signalled.name().equals("TERM") ? "ok" : WRONG + result;
        }
        if (result.exit() instanceof Exit.Ambiguous) {
            return "ambiguous";
        }
        return result.exit().equals(new Exit.Exited(0))
                ? WRONG + result
                : result.exit().toString();
    }

    private String kill(ConnectionPool pool) {
        try {
            return WRONG + pool.run(Command.of("sleep", "100"), Job.withTimeout(Duration.ofMillis(700)));
        } catch (JobException e) {
            notes.add("  kill: " + e.ending() + "\n");
            return switch (e.ending().fate()) {
                case CONFIRMED_DEAD -> "ok";
                case NOT_CONFIRMED -> "not confirmed";
                case NOT_STARTED -> "not started";
            };
        }
    }

    private String atOnce(ConnectionPool pool) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(30);
        try {
            List<Future<String>> all = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                String text = "number " + i;
                all.add(threads.submit(() -> {
                    try {
                        CommandResult result = run(pool, Command.of("sh", "-c", "sleep 0.2; echo '" + text + "'"));
                        return ended(result, 0, result.stdoutText().equals(text + "\n"));
                    } catch (RuntimeException e) {
                        synchronized (notes) {
                            notes.add("  30: " + e.getMessage() + "\n");
                        }
                        return word(e);
                    }
                }));
            }
            Map<String, Integer> counts = new TreeMap<>();
            for (Future<String> one : all) {
                counts.merge(one.get(), 1, Integer::sum);
            }
            if (counts.equals(Map.of("ok", 30))) {
                return "ok";
            }
            List<String> words = new ArrayList<>();
            counts.forEach((word, count) -> words.add(word.startsWith(WRONG) ? word : count + " " + word));
            return words.stream()
                    .filter(word -> word.startsWith(WRONG))
                    .findFirst()
                    .orElse(String.join(", ", words));
        } finally {
            threads.shutdownNow();
        }
    }

    private static String copies(ConnectionPool pool, ShortTemp temp) throws IOException {
        byte[] bytes = new byte[3_000_000];
        new Random(1).nextBytes(bytes);
        Path from = Files.write(temp.resolve("from"), bytes);
        Path back = temp.resolve("back");
        Copy copy = Copy.over(pool);
        copy.push(from, "matrix.bin", Job.withTimeout(TIME));
        copy.pull("matrix.bin", back, Job.withTimeout(TIME));
        return Files.mismatch(from, back) < 0 ? "ok" : WRONG + "the copy differs";
    }
}
