package io.muxpool.bench.scene;

import io.muxpool.bench.peer.Client;
import io.muxpool.bench.peer.Destination;
import io.muxpool.bench.peer.Peer;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How fast bytes come and go, near and far, from little to much. */
final class BulkScene implements Scene {
    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;
    private static final List<Client> CLIENTS =
            List.of(Client.MUXPOOL, Client.OVER_SSH, Client.JSCH, Client.SSHJ, Client.MINA, Client.SSH_S);

    @Override
    public String id() {
        return "bulk";
    }

    @Override
    public String title() {
        return "download and upload, 64 KiB to 64 and 200 MB, at round trips of 0 and 100 ms";
    }

    @Override
    public boolean isHarmless() {
        return true;
    }

    @Override
    public SceneResult run(Stage stage) throws Exception {
        List<Chart> charts = new ArrayList<>();
        if (stage.isOwn()) {
            long most = stage.effort() == Effort.QUICK ? 50_000_000 : 200_000_000;
            long mostFar = stage.effort() == Effort.QUICK ? 32_000_000 : 64_000_000;
            play(stage, stage.at(0), "rtt-0", ", round trip 0", new long[] {64 * KIB, MIB, 16 * MIB, most}, charts);
            play(
                    stage,
                    stage.at(100),
                    "rtt-100",
                    ", round trip 100 ms",
                    new long[] {64 * KIB, MIB, 16 * MIB, mostFar},
                    charts);
        } else {
            play(stage, stage.near(), "yours", ", your server", new long[] {64 * KIB, MIB, 8 * MIB}, charts);
        }
        return new SceneResult(
                id(),
                "Throughput",
                "Zeros by `head -c` from the server, and to `wc -c` there, over one warm connection; every byte counted.",
                charts,
                List.of("A small transfer is one command, and its rate that command's latency."));
    }

    private static void play(
            Stage stage, Destination destination, String id, String where, long[] sizes, List<Chart> charts)
            throws Exception {
        Sheet down = new Sheet();
        Sheet up = new Sheet();
        try (Cast cast = stage.cast(destination, CLIENTS, 8)) {
            for (long size : sizes) {
                boolean small = size <= MIB;
                int rounds =
                        small ? stage.effort().of(3, 7, 13) : stage.effort().of(1, 3, 3);
                for (int i = -1; i < rounds; i++) {
                    for (Peer peer : cast.shuffled()) {
                        stage.step("throughput" + where + ", " + size / 1000 + " kB, " + peer.name());
                        double downRate = download(peer, size);
                        double upRate = upload(peer, size);
                        if (i >= 0) {
                            down.note(peer, (double) size, downRate);
                            up.note(peer, (double) size, upRate);
                        }
                    }
                }
            }
        }
        Chart.Axis axis = Chart.Axis.of(
                "size", "bytes", Arrays.stream(sizes).asDoubleStream().toArray());
        charts.add(new Chart("download-" + id, "Download" + where, "MB/s", Chart.Better.HIGHER, axis, down.series()));
        charts.add(new Chart("upload-" + id, "Upload" + where, "MB/s", Chart.Better.HIGHER, axis, up.series()));
    }

    private static double download(Peer peer, long size) throws Exception {
        long start = System.nanoTime();
        long got = peer.download("head -c " + size + " /dev/zero");
        double seconds = (System.nanoTime() - start) / 1e9;
        require(peer, size, got);
        return size / 1e6 / seconds;
    }

    private static double upload(Peer peer, long size) throws Exception {
        long start = System.nanoTime();
        byte[] out = peer.upload("wc -c", size);
        double seconds = (System.nanoTime() - start) / 1e9;
        require(peer, size, Long.parseLong(new String(out, StandardCharsets.UTF_8).strip()));
        return size / 1e6 / seconds;
    }

    private static void require(Peer peer, long size, long got) {
        if (got != size) {
            throw new IllegalStateException(peer.name() + " moved " + got + " bytes instead of " + size);
        }
    }
}
