package io.muxpool.bench.scene;

import com.sun.management.OperatingSystemMXBean;
import io.muxpool.bench.peer.Client;
import io.muxpool.bench.peer.Peer;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** What a command costs this side in processor time: this JVM, its ssh processes and its masters, not the server. */
final class BurnScene implements Scene {
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final OperatingSystemMXBean OWN = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    /** Those that start a process for each command. */
    private static final Set<String> FORKING =
            Set.of(Client.OVER_SSH.title(), Client.SSH_S.title(), Client.PLAIN_SSH.title());

    @Override
    public String id() {
        return "cpu";
    }

    @Override
    public String title() {
        return "processor time of this side for each command (Linux)";
    }

    @Override
    public SceneResult run(Stage stage) throws Exception {
        String story = "One " + Echo.LINE + " after another, on a server that"
                + " starts no process; processor time by the system's own accounting: this JVM with"
                + " all its threads, the ssh processes it started, and the ssh masters that work for it. The"
                + " server is not counted.";
        if (!Files.exists(Path.of("/proc/self/schedstat"))) {
            return new SceneResult(id(), "Processor time", story, List.of(), List.of("Measured on Linux only."));
        }
        Sheet sheet = new Sheet();
        int commands = stage.effort().of(200, 500, 1000);
        int rounds = stage.effort().of(1, 3, 5);
        try (ForklessServer server = ForklessServer.start();
                Cast cast = stage.cast(server.destination(), List.of(Client.values()), 8)) {
            // A long-lived process is meant: its code is compiled before anything is counted.
            for (int i = -3; i < rounds; i++) {
                for (Peer peer : cast.shuffled()) {
                    stage.step("processor time, " + peer.name());
                    double millis = millisEach(peer, FORKING.contains(peer.name()) ? commands / 25 : commands);
                    if (i >= 0) {
                        sheet.note(peer, 0, millis);
                    }
                }
            }
        }
        return new SceneResult(
                id(),
                "Processor time",
                story,
                List.of(new Chart(
                        "cpu",
                        "Processor time of a command",
                        "ms",
                        Chart.Better.LOWER,
                        Chart.Axis.named("round trip", "0 ms"),
                        sheet.series())),
                List.of(
                        "What a client leaves to be done later (garbage, compilation) falls to whoever runs then: many rounds"
                                + " even that out.",
                        "The master encrypts for muxpool, and its time is counted."));
    }

    private static double millisEach(Peer peer, int commands) throws Exception {
        long before = spentNanos(peer);
        for (int i = 0; i < commands; i++) {
            Echo.millis(peer);
        }
        return (spentNanos(peer) - before) / 1e6 / commands;
    }

    private static long spentNanos(Peer peer) throws IOException {
        long sum = OWN.getProcessCpuTime() + ofChildrenNanos();
        for (long pid : peer.masters()) {
            sum += Long.parseLong(
                    Files.readString(Path.of("/proc/" + pid + "/schedstat")).split(" ", -1)[0]);
        }
        return sum;
    }

    /** proc(5): cutime and cstime, the 16th and 17th fields, of which the second is a name in parentheses. */
    private static long ofChildrenNanos() throws IOException {
        String stat = Files.readString(Path.of("/proc/self/stat"));
        String[] behindName = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(behindName[13]) + Long.parseLong(behindName[14])) * TICK_NANOS;
    }
}
