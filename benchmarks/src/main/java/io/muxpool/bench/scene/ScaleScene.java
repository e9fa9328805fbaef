package io.muxpool.bench.scene;

import io.muxpool.Command;
import io.muxpool.Connection;
import io.muxpool.ConnectionPool;
import io.muxpool.Remote;
import io.muxpool.bench.peer.Client;
import io.muxpool.bench.peer.Destination;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import io.muxpool.testkit.Ssh;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Many masters of one process: what they take, and whether they still serve. */
final class ScaleScene implements Scene {
    private static final int THREADS = 32;
    private static final Command ECHO = Command.shell(Echo.LINE).withLogLevel(Level.DEBUG);
    private static final Pattern PSS = Pattern.compile("(?m)^Pss: *([0-9]+) kB");

    @Override
    public String id() {
        return "scale";
    }

    @Override
    public String title() {
        return "1 to 1000 masters: memory, time to open, commands per second";
    }

    @Override
    public SceneResult run(Stage stage) throws Exception {
        int[] masters = stage.effort() == Effort.FULL
                ? new int[] {1, 10, 100, 300, 1000}
                : stage.effort() == Effort.NORMAL ? new int[] {1, 10, 100} : new int[] {1, 10};
        Sheets sheets = new Sheets();
        try (ForklessServer server = ForklessServer.start()) {
            for (int count : masters) {
                play(stage, server.destination(), count, sheets);
            }
        }
        double[] places = Arrays.stream(masters).asDoubleStream().toArray();
        Chart.Axis axis = Chart.Axis.of("masters", "", places);
        return new SceneResult(
                id(),
                "Many masters",
                "One pool with a connection for each master, to a server in a JVM of its own that starts no process;"
                        + " opened by 8 threads, then used by " + THREADS + ".",
                List.of(
                        chart("scale-open", "Time to open all", "s", Chart.Better.LOWER, axis, sheets.open),
                        chart("scale-heap", "JVM heap", "MB", Chart.Better.LOWER, axis, sheets.heap),
                        chart("scale-pss", "Memory of the masters (PSS)", "MB", Chart.Better.LOWER, axis, sheets.pss),
                        chart("scale-rate", "Commands", "commands/s", Chart.Better.HIGHER, axis, sheets.rate)),
                List.of("One session for each master. The server's handshakes share the processors with ours."));
    }

    private static final class Sheets {
        final Sheet open = new Sheet();
        final Sheet heap = new Sheet();
        final Sheet pss = new Sheet();
        final Sheet rate = new Sheet();
    }

    private static Chart chart(
            String id, String title, String unit, Chart.Better better, Chart.Axis axis, Sheet sheet) {
        return new Chart(id, title, unit, better, axis, sheet.series());
    }

    private static void note(Sheet sheet, int masters, double value) {
        sheet.note(Client.MUXPOOL.title(), Client.MUXPOOL.kind(), masters, value);
    }

    private static void play(Stage stage, Destination destination, int masters, Sheets sheets) throws Exception {
        Remote remote = Remote.builder(destination.name())
                .sshProgram(Ssh.program())
                .configFile(destination.config())
                .socketDir(stage.temp().resolve("scale"))
                .exitOnShutdown(true)
                .build();
        double heapBefore = heapMegabytes();
        try (ConnectionPool pool = ConnectionPool.builder(remote, "scale" + masters)
                .capacity(1)
                .maxConnections(masters)
                .open()) {
            stage.step("opening " + masters + " masters");
            long start = System.nanoTime();
            Set<Long> pids = openAll(pool, masters);
            note(sheets.open, masters, (System.nanoTime() - start) / 1e9);
            stage.step(masters + " masters");
            note(sheets.heap, masters, heapMegabytes() - heapBefore);
            if (Files.exists(Path.of("/proc/self/smaps_rollup"))) {
                note(sheets.pss, masters, pssMegabytes(pids));
            }
            rate(pool, TimeUnit.SECONDS.toNanos(1));
            note(
                    sheets.rate,
                    masters,
                    rate(pool, TimeUnit.SECONDS.toNanos(stage.effort().of(1, 2, 5))));
            stage.step("stopping " + masters + " masters");
        }
    }

    /** Holds every slot until all are open, so that each has a connection of its own. */
    private static Set<Long> openAll(ConnectionPool pool, int masters) throws Exception {
        Set<Long> pids = ConcurrentHashMap.newKeySet();
        Queue<Connection> held = new ConcurrentLinkedQueue<>();
        AtomicInteger left = new AtomicInteger(masters);
        try (Crew crew = new Crew(Math.min(8, masters))) {
            crew.all(() -> {
                while (left.getAndDecrement() > 0) {
                    Connection connection = pool.connection();
                    held.add(connection);
                    pids.add(connection.run(ECHO).check().masterPid().orElseThrow());
                }
                return null;
            });
        } finally {
            held.forEach(Connection::close);
        }
        if (pids.size() != masters) {
            throw new IllegalStateException(pids.size() + " masters instead of " + masters);
        }
        return pids;
    }

    private static double rate(ConnectionPool pool, long nanos) throws Exception {
        long start = System.nanoTime();
        try (Crew crew = new Crew(THREADS)) {
            List<Integer> counts = crew.all(() -> {
                int count = 0;
                while (System.nanoTime() - start < nanos) {
                    pool.run(ECHO).check();
                    count++;
                }
                return count;
            });
            return counts.stream().mapToInt(Integer::intValue).sum() / ((System.nanoTime() - start) / 1e9);
        }
    }

    private static double heapMegabytes() {
        List<Double> used = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            System.gc();
            used.add(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6);
        }
        return used.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }

    private static double pssMegabytes(Set<Long> pids) throws IOException {
        double sum = 0;
        for (long pid : pids) {
            Matcher pss = PSS.matcher(Files.readString(Path.of("/proc/" + pid + "/smaps_rollup")));
            sum += pss.find() ? Double.parseDouble(pss.group(1)) * 1024 / 1e6 : 0;
        }
        return sum;
    }
}
