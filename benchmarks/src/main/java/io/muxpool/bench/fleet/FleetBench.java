package io.muxpool.bench.fleet;

import io.muxpool.cli.Table;
import io.muxpool.fleet.NodeSet;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muxpool bench fleet}: a fleet of names on embedded servers, cold and warm, beside what Debian has for that. */
@CommandLine.Command(
        name = "fleet",
        mixinStandardHelpOptions = true,
        description = {
            "Runs 'echo hello' on a thousand names, which lead to ten embedded servers on 127.0.0.1, cold and warm, by muxpool,"
                    + " pdsh, clush, xargs ssh, and xargs ssh with a ControlMaster for each; those that are there.",
            "Measures the whole machine: it has to be quiet."
        })
public final class FleetBench implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--hosts", paramLabel = "N", description = "default: 1000")
    private int hosts = 1000;

    @Option(names = "--limit", paramLabel = "N", description = "hosts at a time, for everyone (default: 64)")
    private int limit = 64;

    @Option(names = "--rounds", paramLabel = "N", description = "of which the median is shown (default: 3)")
    private int rounds = 3;

    private static final int WARM_UP = 100;
    private static final String COLD = "cold";
    private static final String WARM = "warm";

    private final Map<String, List<Meter.Cost>> costs = new LinkedHashMap<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        try (ShortTemp temp = ShortTemp.create();
                Town town = new Town(hosts)) {
            // The servers' code is compiled by then, muxpool's archive made, and every program in memory: for nobody's
            // account.
            int few = Math.min(WARM_UP, hosts);
            for (Contender contender : contenders(temp, town, few, limit)) {
                run(contender, COLD, temp, few);
                endMasters(temp);
            }
            List<Contender> all = contenders(temp, town, hosts, limit);
            for (int round = 0; round < rounds; round++) {
                // Nobody is always behind the same one.
                Collections.shuffle(all);
                for (Contender contender : all) {
                    try {
                        measure(contender, COLD, temp);
                        if (contender.warms()) {
                            measure(contender, WARM, temp);
                        }
                    } finally {
                        endMasters(temp);
                    }
                }
            }
        }
        Table table = Table.of("BY", "", "SECONDS", "OF PROCESSORS", "MEGABYTES");
        costs.forEach((key, runs) -> table.row(
                key.substring(0, key.indexOf('|')),
                key.substring(key.indexOf('|') + 1),
                median(runs, Meter.Cost::seconds),
                median(runs, Meter.Cost::processor),
                median(runs, Meter.Cost::megabytes)));
        out.println(table);
        out.flush();
        return 0;
    }

    private static void endMasters(ShortTemp temp) {
        String directory = temp.path().toString();
        Processes.withArgument(directory).forEach(pid -> Processes.signal(pid, "TERM"));
        if (!Processes.awaitNoneWithArgument(directory, Duration.ofSeconds(30))) {
            throw new IllegalStateException("ssh masters at " + directory + " do not end");
        }
    }

    private static String median(List<Meter.Cost> runs, ToDoubleFunction<Meter.Cost> figure) {
        double[] sorted = runs.stream().mapToDouble(figure).sorted().toArray();
        return String.format(Locale.ROOT, "%.1f", sorted[sorted.length / 2]);
    }

    private static List<Contender> contenders(ShortTemp temp, Town town, int count, int limit) throws IOException {
        Path plain = town.config(temp.resolve("plain.conf"), "");
        Path shared = town.config(
                temp.resolve("shared.conf"),
                "    ControlMaster auto\n    ControlPersist 600\n    ControlPath " + temp.resolve("cm-%n") + "\n");
        List<String> names = town.hosts().subList(0, count);
        String lines = String.join("\n", names) + "\n";
        String nodes = NodeSet.of(names).toString();
        Path list = Files.writeString(temp.resolve("hosts"), nodes + "\n");
        Path launcher = Path.of(
                Objects.requireNonNull(System.getenv("MUXPOOL_LAUNCHER"), "start this by ./muxpool bench fleet"));
        return Stream.of(
                        Contender.muxpool(launcher, plain, temp.resolve("s"), list, limit),
                        Contender.pdsh(plain, nodes, limit),
                        Contender.clush(plain, nodes, limit),
                        Contender.xargs("xargs ssh", false, plain, lines, limit),
                        Contender.xargs("xargs ssh, ControlMaster", true, shared, lines, limit))
                .filter(contender -> isThere(contender.argv().get(0)))
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private static boolean isThere(String program) {
        return program.startsWith("/")
                || Arrays.stream(System.getenv("PATH").split(":", -1))
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    private void measure(Contender contender, String state, ShortTemp temp) throws IOException, InterruptedException {
        Meter.Cost cost = run(contender, state, temp, hosts);
        costs.computeIfAbsent(contender.name() + "|" + state, key -> new ArrayList<>())
                .add(cost);
        spec.commandLine()
                .getErr()
                .println(String.format(
                        Locale.ROOT,
                        "%s, %s: %.1f s, %.1f s of processors, %.0f MB",
                        contender.name(),
                        state,
                        cost.seconds(),
                        cost.processor(),
                        cost.megabytes()));
    }

    private static Meter.Cost run(Contender contender, String state, ShortTemp temp, int hosts)
            throws IOException, InterruptedException {
        Path in = Files.writeString(temp.resolve("in"), contender.stdin());
        Path output = temp.resolve("out");
        ProcessBuilder builder = new ProcessBuilder(contender.argv())
                .redirectInput(in.toFile())
                .redirectOutput(output.toFile())
                .redirectError(temp.resolve("err").toFile());
        builder.environment().putAll(contender.environment());
        try (Meter meter = new Meter()) {
            int status = builder.start().waitFor();
            Meter.Cost cost = meter.read();
            long answers;
            try (Stream<String> lines = Files.lines(output)) {
                answers = lines.filter(line -> line.endsWith("hello")).count();
            }
            if (answers != hosts) {
                throw new IllegalStateException(contender.name() + ", " + state + ", had " + answers + " answers of "
                        + hosts + " and status " + status + ": "
                        + Files.readString(temp.resolve("err")).lines().limit(5).toList());
            }
            return cost;
        }
    }
}
