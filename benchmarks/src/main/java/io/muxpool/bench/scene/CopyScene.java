package io.muxpool.bench.scene;

import io.muxpool.bench.peer.Copier;
import io.muxpool.bench.peer.Destination;
import io.muxpool.bench.peer.MuxpoolCopier;
import io.muxpool.bench.peer.ScpCopier;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import io.muxpool.bench.result.Series;
import io.muxpool.copy.Copy;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A file there and back, beside scp. */
final class CopyScene implements Scene {
    private static final int BLOCK = 1_000_000;
    // Those of one connection.
    private static final int FEW = Copy.DEFAULT_STRIPES / 2;

    @Override
    public String id() {
        return "copy";
    }

    @Override
    public String title() {
        return "files there and back beside scp, 200 MB, at round trips of 0, 20 and 100 ms";
    }

    @Override
    public SceneResult run(Stage stage) throws Exception {
        int megabytes = stage.effort() == Effort.QUICK ? 50 : 200;
        Path original = stage.temp().resolve("original");
        write(original, megabytes);
        List<Integer> roundTrips = List.of(0, 20, 100);
        Sheet up = new Sheet();
        Sheet down = new Sheet();
        for (int roundTrip : roundTrips) {
            play(stage, stage.at(roundTrip), roundTrip, original, megabytes, up, down);
        }
        Chart.Axis axis = Chart.Axis.of(
                "round trip",
                "ms",
                roundTrips.stream().mapToDouble(Integer::doubleValue).toArray());
        String size = megabytes + " MB";
        return new SceneResult(
                id(),
                "Copy",
                "One file of " + size
                        + " of random bytes, over warm connections, each copy compared byte by byte. muxpool"
                        + " makes a checksum on both sides, which is in its time; scp makes none.",
                List.of(
                        new Chart("push", "Push, " + size, "MB/s", Chart.Better.HIGHER, axis, up.series()),
                        new Chart("pull", "Pull, " + size, "MB/s", Chart.Better.HIGHER, axis, down.series())),
                List.of("A channel has a window of 2 MiB under way at most: one is bound to 20 MB/s at 100 ms."));
    }

    private static void play(
            Stage stage, Destination destination, int roundTrip, Path original, int megabytes, Sheet up, Sheet down)
            throws Exception {
        Path sockets = Files.createDirectories(stage.temp().resolve("copy" + roundTrip));
        Path far = stage.temp().resolve("far");
        Path back = stage.temp().resolve("back");
        List<Copier> copiers = new ArrayList<>();
        try {
            copiers.add(MuxpoolCopier.open(
                    "muxpool", Series.Kind.MUXPOOL, destination, sockets.resolve("m"), Copy.DEFAULT_STRIPES));
            copiers.add(MuxpoolCopier.open(
                    "muxpool, " + FEW + " stripes", Series.Kind.VARIANT, destination, sockets.resolve("n"), FEW));
            copiers.add(ScpCopier.open(destination, sockets));
            int rounds = stage.effort().of(1, 5, 5);
            for (int i = -1; i < rounds; i++) {
                for (Copier copier : copiers) {
                    stage.step("copy, round trip " + roundTrip + " ms, " + copier.name());
                    double pushed = seconds(() -> copier.push(original, far.toString()));
                    double pulled = seconds(() -> copier.pull(far.toString(), back));
                    requireSame(copier, original, back);
                    // The first round warms the connections up: with the file itself, or there were fewer of them.
                    if (i >= 0) {
                        up.note(copier.name(), copier.kind(), roundTrip, megabytes / pushed);
                        down.note(copier.name(), copier.kind(), roundTrip, megabytes / pulled);
                    }
                }
            }
        } finally {
            for (Copier copier : copiers) {
                copier.close();
            }
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private static double seconds(Work work) throws Exception {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    private static void write(Path file, int megabytes) throws IOException {
        byte[] block = new byte[BLOCK];
        Random random = new Random(1);
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < megabytes; i++) {
                random.nextBytes(block);
                out.write(block);
            }
        }
    }

    private static void requireSame(Copier copier, Path one, Path other) throws IOException {
        if (Files.mismatch(one, other) != -1) {
            throw new IllegalStateException(copier.name() + " has changed the file on its way");
        }
        Files.delete(other);
    }
}
