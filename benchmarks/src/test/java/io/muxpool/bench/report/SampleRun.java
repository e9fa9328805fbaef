package io.muxpool.bench.report;

import io.muxpool.bench.result.BenchRun;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.Chart.Axis;
import io.muxpool.bench.result.Chart.Better;
import io.muxpool.bench.result.Machine;
import io.muxpool.bench.result.Point;
import io.muxpool.bench.result.SceneResult;
import io.muxpool.bench.result.Series;
import io.muxpool.bench.result.Series.Kind;
import io.muxpool.bench.result.Stats;
import io.muxpool.bench.result.Target;
import io.muxpool.bench.result.Target.Bound;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A run as it might have come out, made up. Run as a program, it writes its reports into a directory, to look at. */
final class SampleRun {
    private SampleRun() {}

    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[0]);
        Plot.writeAll(run(), directory);
        Files.writeString(directory.resolve("report.html"), HtmlReport.of(run()));
        RunJson.write(run(), directory.resolve("report.json"));
        run().scenes().forEach(scene -> System.out.println(TerminalReport.of(scene)));
        System.out.println(TerminalReport.targets(run().targets()));
    }

    static BenchRun run() {
        return new BenchRun(
                machine(),
                Instant.parse("2026-03-04T05:06:07.089Z"),
                Duration.ofMillis(754_321),
                List.of(
                        new SceneResult(
                                "latency",
                                "Latency of one command",
                                "Each client runs /bin/echo over a connection that is up, one after another, in turns"
                                        + " with all others, behind a proxy that adds the round trip.",
                                List.of(latency()),
                                List.of(
                                        "A bare channel is what the protocol costs: no client can be faster.",
                                        "plain ssh connects anew for each command.")),
                        new SceneResult(
                                "throughput",
                                "Throughput of standard output",
                                "A command writes as much as the size says, and the client reads it to its end.",
                                List.of(throughput()),
                                List.of()),
                        new SceneResult(
                                "scale",
                                "Many masters at once",
                                "One pool holds as many masters, and each runs one command.",
                                List.of(scale(), memory()),
                                List.of("sshd runs on the same machine, and takes more of it than the pool.")),
                        new SceneResult(
                                "micro",
                                "Borrowing under contention",
                                "JMH: threads borrow a connection and give it back.",
                                List.of(threads()),
                                List.of())),
                List.of(
                        new Target("latency at RTT 0, beside the fastest Java peer", 0.989, Bound.AT_MOST, 1.1, "x"),
                        new Target("latency at RTT 100, beside the fastest Java peer", 0.995, Bound.AT_MOST, 1.1, "x"),
                        new Target("throughput at 200 MB, beside ssh -S", 0.72, Bound.AT_LEAST, 0.9, "x"),
                        new Target("1000 masters, all commands done", 41.3, Bound.AT_MOST, 60, "s")));
    }

    static Chart latency() {
        double[] places = {0, 20, 100};
        return new Chart(
                "latency",
                "Latency of /bin/echo, in turns",
                "ms",
                Better.LOWER,
                Axis.of("round trip", "ms", places),
                List.of(
                        series("muxpool", Kind.MUXPOOL, 200, places, 16, 36, 118),
                        series("muxpool, no spares", Kind.VARIANT, 200, places, 17, 56, 218),
                        series("muxpool over ssh -S", Kind.VARIANT, 200, places, 37, 60, 225),
                        series("jsch", Kind.PEER, 200, places, 16.2, 55, 219),
                        series("sshj", Kind.PEER, 200, places, 16.5, 56, 219),
                        series("mina", Kind.PEER, 200, places, 17.5, 56, 219),
                        series("ssh -S", Kind.PEER, 200, places, 35, 75, 238),
                        series("plain ssh", Kind.PEER, 200, places, 130, 250, 900),
                        series("bare channel", Kind.LIMIT, 200, places, 15.4, 35, 116)));
    }

    static Chart throughput() {
        double[] places = {65_536, 1_048_576, 10_000_000, 50_000_000, 200_000_000};
        return new Chart(
                "throughput",
                "Throughput of one command's output, by its size",
                "MB/s",
                Better.HIGHER,
                Axis.of("size", "bytes", places),
                List.of(
                        series("muxpool", Kind.MUXPOOL, 5, places, 3.6, 48, 210, 330, 372),
                        series("muxpool over ssh -S", Kind.VARIANT, 5, places, 1.7, 24, 170, 320, 390),
                        series("jsch", Kind.PEER, 5, places, 3.5, 41, 140, 190, 205),
                        series("sshj", Kind.PEER, 5, places, 3.4, 38, 120, 165, 178),
                        series("mina", Kind.PEER, 5, places, 3.2, 35, 105, 150, 160),
                        series("ssh -S", Kind.PEER, 5, places, 1.8, 26, 180, 340, 410),
                        series("plain ssh", Kind.PEER, 5, places, 0.5, 7.5, 60, 190, 385),
                        series("loopback, no ssh", Kind.LIMIT, 5, places, 20, 260, 1100, 1800, 2100)));
    }

    static Chart scale() {
        double[] places = {1, 10, 100, 300, 1000};
        return new Chart(
                "scale",
                "Time until every master has answered",
                "s",
                Better.LOWER,
                Axis.of("masters", "", places),
                List.of(series("muxpool", Kind.MUXPOOL, 1, places, 0.162, 0.41, 3.9, 12.1, 41.3)));
    }

    static Chart memory() {
        double[] places = {1, 10, 100, 300, 1000};
        return new Chart(
                "memory",
                "Memory of the JVM",
                "MiB",
                Better.LOWER,
                Axis.of("masters", "", places),
                List.of(series("muxpool", Kind.MUXPOOL, 1, places, 41, 42, 48, 61, 103)));
    }

    static Chart threads() {
        double[] places = {1, 8, 32};
        return new Chart(
                "borrow",
                "Borrow and give back",
                "ops/s",
                Better.HIGHER,
                Axis.of("threads", "", places),
                List.of(
                        series("muxpool", Kind.MUXPOOL, 10, places, 4_210_000, 6_870_000, 6_510_000),
                        series("one lock around a queue", Kind.PEER, 10, places, 9_120_000, 2_150_000, 1_930_000)));
    }

    static Machine machine() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Processor", "AMD EPYC 7B13, 2 of 128 cores");
        facts.put("Memory", "7.8 GiB");
        facts.put("System", "Linux 6.1.0-28-amd64");
        facts.put("Java", "17.0.15, OpenJDK 64-Bit Server VM");
        facts.put("OpenSSH", "OpenSSH_9.2p1 Debian-2+deb12u5, OpenSSL 3.0.15");
        facts.put("muxpool", "0.1.0-SNAPSHOT");
        facts.put("jsch", "2.28.4");
        return new Machine(facts);
    }

    /** A client's line with these medians, each amid {@code count} measurements of a plausible spread. */
    static Series series(String client, Kind kind, int count, double[] places, double... medians) {
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < medians.length; i++) {
            double p50 = medians[i];
            points.add(new Point(
                    places[i],
                    count == 1
                            ? Stats.of(List.of(p50))
                            : new Stats(count, p50 * 0.93, p50, p50 * (1.06 + 0.02 * i), p50 * 1.4, p50 * 2.2)));
        }
        return new Series(client, kind, points);
    }
}
