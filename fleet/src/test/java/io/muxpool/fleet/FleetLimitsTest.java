package io.muxpool.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.Job;
import io.muxpool.LocalLimitException;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs over more hosts than this process may have open files for. */
@Timeout(120)
final class FleetLimitsTest {
    /** A process with 100 open files runs over 60 hosts, all at once as far as it was asked to. */
    @Test
    void aFleetThatRunsOutOfOpenFilesGoesOnWithFewerHostsAtATime() throws Exception {
        try (ShortTemp temp = ShortTemp.create();
                OpenSshServer server = OpenSshServer.builder()
                        .asOrdinaryUser()
                        .option("MaxStartups", "100")
                        .start()) {
            List<String> words = new ArrayList<>(List.of("/bin/bash", "-c", "ulimit -n 100; exec \"$@\"", "bash"));
            words.addAll(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-cp",
                    location(Remote.class)
                            + File.pathSeparator
                            + location(Fleet.class)
                            + File.pathSeparator
                            + location(Sixty.class),
                    Sixty.class.getName(),
                    server.clientConfigForAnyName().toString(),
                    temp.resolve("s").toString()));
            // Into a file: the wait for its end is one that the test's time-out can interrupt.
            Path out = temp.resolve("out");
            Process process = new ProcessBuilder(words)
                    .redirectOutput(out.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                process.getOutputStream().close();
                process.waitFor();
                assertThat(out).hasContent("60 of 60");
            } finally {
                process.destroyForcibly().waitFor();
                LeakCheck.endMasters(temp.path());
            }
        }
    }

    private static Path location(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    /** Runs a command on sixty hosts and says how many ended well: {@code CONFIG SOCKETS}. */
    static final class Sixty {
        private Sixty() {}

        /** A class is a file of its own here; in a jar it would be there. */
        private static void loadAll(Class<?> one) throws Exception {
            Path root = location(one);
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file :
                        files.filter(file -> file.toString().endsWith(".class")).toList()) {
                    String name = root.relativize(file).toString().replace('/', '.');
                    if (name.startsWith("io.muxpool.")) {
                        Class.forName(
                                name.substring(0, name.length() - ".class".length()), false, one.getClassLoader());
                    }
                }
            }
        }

        @SuppressWarnings("SystemOut") // how it answers
        public static void main(String[] args) throws Exception {
            loadAll(Remote.class);
            loadAll(Fleet.class);
            List<String> hosts =
                    IntStream.rangeClosed(1, 60).mapToObj(i -> "h" + i).toList();
            int well = 0;
            try (Fleet fleet = Fleet.builder()
                    .remotes(host -> Remote.builder(host)
                            .configFile(Path.of(args[0]))
                            .socketDir(Path.of(args[1]))
                            .transport(TransportKind.MUX)
                            .build())
                    .build()) {
                // Loads what a command needs.
                try (FleetRun one = fleet.run(List.of("h0"), Command.of("true"))) {
                    one.forEach(result -> {});
                }
                try (FleetRun run = fleet.run(
                        hosts, Command.of("sleep", "0.3"), RunPlan.defaults().withLimit(60))) {
                    for (HostResult result : run) {
                        if (result.success()) {
                            well++;
                        } else {
                            System.err.println(result.host() + ": " + result.outcome());
                        }
                    }
                }
            }
            System.out.println(well + " of 60");
        }
    }

    /** One that may carry so many at a time. */
    private static final class Narrow implements Carrier {
        private final int most;
        private final AtomicInteger running = new AtomicInteger();

        Narrow(int most) {
            this.most = most;
        }

        @Override
        public CommandResult run(String host, Command command, Job job) {
            int now = running.incrementAndGet();
            try {
                if (now > most) {
                    throw new LocalLimitException("as many open files as it may", null);
                }
                Thread.sleep(20);
                throw new IllegalArgumentException("ran");
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                running.decrementAndGet();
            }
        }

        @Override
        public void close() {}
    }

    @Test
    void everyHostHasItsTurnHoweverFewTheLimitAllows() {
        for (int most = 1; most <= 4; most++) {
            List<String> hosts =
                    IntStream.rangeClosed(1, 50).mapToObj(i -> "h" + i).toList();
            try (Fleet fleet = Fleet.over(new Narrow(most));
                    FleetRun run = fleet.run(
                            hosts, Command.of("true"), RunPlan.defaults().withLimit(20))) {
                List<HostResult> results = run.stream().toList();
                assertThat(results).hasSize(50);
                assertThat(results.stream().map(HostResult::host).distinct()).hasSize(50);
                assertThat(results)
                        .allSatisfy(
                                result -> assertThat(result.outcome()).isEqualTo(new HostOutcome.NotStarted("ran")));
            }
        }
    }

    @Test
    void aHostThatCannotRunEvenAloneIsNotStarted() {
        try (Fleet fleet = Fleet.over(new Narrow(0));
                FleetRun run = fleet.run(
                        List.of("h1", "h2", "h3"),
                        Command.of("true"),
                        RunPlan.defaults().withLimit(3))) {
            assertThat(run.stream().toList())
                    .hasSize(3)
                    .allSatisfy(result -> assertThat(result.outcome())
                            .isEqualTo(new HostOutcome.NotStarted("as many open files as it may")));
        }
    }
}
