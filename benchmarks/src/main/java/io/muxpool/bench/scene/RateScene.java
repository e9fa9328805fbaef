package io.muxpool.bench.scene;

import io.muxpool.bench.peer.Client;
import io.muxpool.bench.peer.Destination;
import io.muxpool.bench.peer.Peer;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** How many commands a second 1, 8 and 32 threads get through one connection. */
final class RateScene implements Scene {
    private static final int[] THREADS = {1, 8, 32};

    /** The bare channel has one thread only. */
    private static final List<Client> WITH_LIMIT = Stream.concat(
                    Client.WITH_A_CONNECTION.stream(), Stream.of(Client.BARE))
            .toList();

    @Override
    public String id() {
        return "rate";
    }

    @Override
    public String title() {
        return "commands per second of 1, 8 and 32 threads on one connection";
    }

    @Override
    public SceneResult run(Stage stage) throws Exception {
        Sheet forking = new Sheet();
        play(stage, stage.near(), "sshd", forking);
        Sheet forkless = new Sheet();
        try (ForklessServer server = ForklessServer.start()) {
            play(stage, server.destination(), "embedded", forkless);
        }
        Chart.Axis axis = Chart.Axis.of("threads", "", 1, 8, 32);
        return new SceneResult(
                id(),
                "Commands per second",
                "Threads that run " + Echo.LINE + " over and over on one connection, in slices of all clients in turn.",
                List.of(
                        new Chart("rate", "On sshd", "commands/s", Chart.Better.HIGHER, axis, forking.series()),
                        new Chart(
                                "rate-forkless",
                                "On a server that starts no process",
                                "commands/s",
                                Chart.Better.HIGHER,
                                axis,
                                forkless.series())),
                List.of(
                        "sshd forks a shell for every command, on the same processors: with more threads than those, that"
                                + " is the limit, and what a client spends itself is taken from it.",
                        "The server that starts no process shows what is left: the clients, and for muxpool the master between."));
    }

    private static void play(Stage stage, Destination destination, String on, Sheet sheet) throws Exception {
        long sliceNanos = TimeUnit.MILLISECONDS.toNanos(stage.effort().of(400, 1000, 1000));
        int slices = stage.effort().of(1, 3, 3);
        for (int threads : THREADS) {
            try (Cast cast = stage.cast(destination, threads == 1 ? WITH_LIMIT : Client.WITH_A_CONNECTION, 32);
                    Crew crew = new Crew(threads)) {
                for (int slice = -1; slice < slices; slice++) {
                    for (Peer peer : cast.shuffled()) {
                        stage.step("rate, " + threads + " threads on " + on + ", " + peer.name());
                        double rate = rate(peer, crew, sliceNanos);
                        if (slice >= 0) {
                            sheet.note(peer, threads, rate);
                        }
                    }
                }
            }
        }
    }

    private static double rate(Peer peer, Crew crew, long nanos) throws Exception {
        long start = System.nanoTime();
        List<Integer> counts = crew.all(() -> {
            int count = 0;
            while (System.nanoTime() - start < nanos) {
                Echo.millis(peer);
                count++;
            }
            return count;
        });
        double seconds = (System.nanoTime() - start) / 1e9;
        return counts.stream().mapToInt(Integer::intValue).sum() / seconds;
    }
}
