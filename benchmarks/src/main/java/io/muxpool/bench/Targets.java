package io.muxpool.bench;

import io.muxpool.bench.peer.Client;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import io.muxpool.bench.result.Stats;
import io.muxpool.bench.result.Target;
import io.muxpool.bench.result.Target.Bound;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What muxpool wants to be, held against what was measured. */
final class Targets {
    private static final List<Client> JAVA = Client.JAVA_PEERS;
    private static final List<Client> SSH_S = List.of(Client.SSH_S);
    private static final List<Client> ANY =
            List.of(Client.JSCH, Client.MINA, Client.SSHJ, Client.SSH_S, Client.PLAIN_SSH);

    private static final List<String> SCP = List.of("scp");

    private final List<SceneResult> scenes;
    private final List<Target> targets = new ArrayList<>();

    private Targets(List<SceneResult> scenes) {
        this.scenes = scenes;
    }

    /** Those that can be told by the scenes that played. */
    static List<Target> of(List<SceneResult> scenes) {
        Targets all = new Targets(scenes);
        all.ratio("latency", 0, JAVA, Bound.AT_MOST, 0.95, "latency, RTT 0: of the fastest Java client's");
        all.ratio("latency", 0, SSH_S, Bound.AT_MOST, 0.5, "latency, RTT 0: of ssh -S's");
        all.ratio("latency", 20, JAVA, Bound.AT_MOST, 0.70, "latency, RTT 20 ms: of the fastest Java client's");
        all.ratio("latency", 100, JAVA, Bound.AT_MOST, 0.55, "latency, RTT 100 ms: of the fastest Java client's");
        all.ratio("burst", 100, ANY, Bound.AT_MOST, 0.6, "burst of 8, RTT 100 ms: of the fastest other's");
        all.ratio("rate", 8, ANY, Bound.AT_LEAST, 1.1, "commands/s, 8 threads: of the best other's");
        all.most("download-rtt-0", Bound.AT_LEAST, 1.0, "download, RTT 0: of the fastest other's");
        all.most("download-rtt-100", Bound.AT_LEAST, 2.5, "download, RTT 100 ms: of the fastest other's");
        all.most("upload-rtt-0", Bound.AT_LEAST, 1.0, "upload, RTT 0: of the fastest other's");
        all.most("upload-rtt-100", Bound.AT_LEAST, 1.0, "upload, RTT 100 ms: of the fastest other's");
        all.beside("push", 100, SCP, Bound.AT_LEAST, 5.0, "push of a file, RTT 100 ms: of scp's");
        all.beside("pull", 100, SCP, Bound.AT_LEAST, 5.0, "pull of a file, RTT 100 ms: of scp's");
        all.ratio("cpu", 0, JAVA, Bound.AT_MOST, 1.0, "processor time of a command: of the best Java client's");
        all.ratio("cpu", 0, SSH_S, Bound.AT_MOST, 0.1, "processor time of a command: of ssh -S's");
        all.ratio(
                "fresh",
                0,
                JAVA,
                Bound.AT_MOST,
                0.25,
                "first result of a fresh JVM, RTT 0: of the fastest Java client's");
        all.ratio(
                "fresh-rtt-100",
                0,
                JAVA,
                Bound.AT_MOST,
                0.25,
                "first result of a fresh JVM, RTT 100 ms: of the fastest Java client's");
        all.figure("checkout", 1, 300, "ns", "checkout and return, one thread");
        all.figure("checkout-bytes", 1, 64, "bytes", "allocated by checkout and return");
        return List.copyOf(all.targets);
    }

    private Optional<Chart> chart(String id) {
        return scenes.stream()
                .flatMap(scene -> scene.charts().stream())
                .filter(chart -> chart.id().equals(id))
                .findFirst();
    }

    private static Optional<Double> ours(Chart chart, double x) {
        return chart.muxpool().flatMap(series -> series.at(x)).map(Stats::p50);
    }

    /** Beside the best of some of the others. */
    private void ratio(String id, double x, List<Client> others, Bound bound, double limit, String what) {
        beside(id, x, others.stream().map(Client::title).toList(), bound, limit, what);
    }

    private void beside(String id, double x, List<String> others, Bound bound, double limit, String what) {
        chart(id).ifPresent(chart -> {
            double[] theirs = others.stream()
                    .flatMap(other -> chart.of(other).stream())
                    .flatMap(series -> series.at(x).stream())
                    .mapToDouble(Stats::p50)
                    .toArray();
            Optional<Double> ours = ours(chart, x);
            if (theirs.length > 0 && ours.isPresent()) {
                targets.add(new Target(what, ours.get() / best(chart, theirs), bound, limit, "x"));
            }
        });
    }

    private static double best(Chart chart, double[] values) {
        double best = values[0];
        for (double value : values) {
            best = chart.better() == Chart.Better.LOWER ? Math.min(best, value) : Math.max(best, value);
        }
        return best;
    }

    /** At the largest place of the axis. */
    private void most(String id, Bound bound, double limit, String what) {
        chart(id).ifPresent(chart -> {
            List<Double> places = chart.axis().places();
            ratio(id, places.get(places.size() - 1), ANY, bound, limit, what);
        });
    }

    private void figure(String id, double x, double limit, String unit, String what) {
        chart(id)
                .flatMap(chart -> ours(chart, x))
                .ifPresent(ours -> targets.add(new Target(what, ours, Bound.AT_MOST, limit, unit)));
    }
}
