package io.muxpool.bench.scene;

import io.muxpool.bench.peer.Client;
import io.muxpool.bench.peer.Peer;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import java.util.List;

/** Eight commands at once on a connection that was quiet, far away. */
final class BurstScene implements Scene {
    private static final int COMMANDS = 8;
    private static final int RTT = 100;

    @Override
    public String id() {
        return "burst";
    }

    @Override
    public String title() {
        return "eight commands at once, at a round trip of 100 ms";
    }

    @Override
    public SceneResult run(Stage stage) throws Exception {
        Sheet sheet = new Sheet();
        int rounds = stage.effort().of(4, 15, 30);
        try (Cast cast = stage.cast(stage.at(RTT), Client.WITH_A_CONNECTION, COMMANDS);
                Crew crew = new Crew(COMMANDS)) {
            // The first bursts teach a client how much comes at once.
            for (int i = -2; i < rounds; i++) {
                for (Peer peer : cast.shuffled()) {
                    stage.step("burst, " + peer.name());
                    long start = System.nanoTime();
                    crew.all(() -> Echo.millis(peer));
                    double millis = (System.nanoTime() - start) / 1e6;
                    if (i >= 0) {
                        sheet.note(peer, RTT, millis);
                    }
                }
            }
        }
        return new SceneResult(
                id(),
                "A burst",
                "Eight threads run " + Echo.LINE
                        + " at the same moment over one warm connection; the time until the last"
                        + " has its output. Between two bursts of one client all others have theirs.",
                List.of(new Chart(
                        "burst",
                        "Eight commands at once",
                        "ms",
                        Chart.Better.LOWER,
                        Chart.Axis.of("round trip", "ms", RTT),
                        sheet.series())),
                List.of());
    }
}
