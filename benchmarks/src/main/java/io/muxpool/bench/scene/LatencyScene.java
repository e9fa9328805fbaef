package io.muxpool.bench.scene;

import io.muxpool.bench.peer.Client;
import io.muxpool.bench.peer.Destination;
import io.muxpool.bench.peer.Peer;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import java.util.ArrayList;
import java.util.List;

/** What one command takes, near and far: in turns with all the others, and then each by itself in a tight loop. */
final class LatencyScene implements Scene {
    private static final int[] RTTS = {0, 20, 100};

    /** A handshake for each command takes so long that it is measured in every tenth round only. */
    private static final int PLAIN_SSH_EVERY = 10;

    @Override
    public String id() {
        return "latency";
    }

    @Override
    public String title() {
        return "what " + Echo.LINE + " takes, at round trips of 0, 20 and 100 ms";
    }

    @Override
    public boolean isHarmless() {
        return true;
    }

    @Override
    public SceneResult run(Stage stage) throws Exception {
        Sheet turns = new Sheet();
        Sheet tight = new Sheet();
        Effort effort = stage.effort();
        if (stage.isOwn()) {
            for (int rtt : RTTS) {
                int warmUp = rtt == 0 ? effort.of(30, 150, 300) : effort.of(3, 5, 10);
                int rounds = rtt == 0 ? effort.of(60, 150, 300) : effort.of(8, 20, rtt == 20 ? 50 : 30);
                play(stage, stage.at(rtt), rtt, warmUp, rounds, turns, tight);
            }
        } else {
            play(stage, stage.near(), 0, effort.of(2, 10, 30), effort.of(5, 20, 60), turns, tight);
        }
        Chart.Axis axis =
                stage.isOwn() ? Chart.Axis.of("round trip", "ms", 0, 20, 100) : Chart.Axis.named("server", "yours");
        return new SceneResult(
                id(),
                "Latency",
                "One " + Echo.LINE
                        + " after another over one warm connection, its output checked. In turns: every round"
                        + " runs each client once, in an order of its own, so that drift hits all alike.",
                List.of(
                        new Chart("latency", "One command, in turns", "ms", Chart.Better.LOWER, axis, turns.series()),
                        new Chart(
                                "latency-tight",
                                "One command, each client in a tight loop",
                                "ms",
                                Chart.Better.LOWER,
                                axis,
                                tight.series())),
                List.of(
                        "The bare channel is the limit: the messages of one command on the master's socket, with no pool,"
                                + " lease, deadline or window around them."));
    }

    private static void play(
            Stage stage, Destination destination, int rtt, int warmUp, int rounds, Sheet turns, Sheet tight)
            throws Exception {
        try (Cast cast = stage.cast(destination, List.of(Client.values()), 8)) {
            for (int i = -warmUp; i < rounds; i++) {
                stage.step("latency, RTT " + rtt + " ms");
                for (Peer peer : round(cast, i)) {
                    double millis = Echo.millis(peer);
                    if (i >= 0) {
                        turns.note(peer, rtt, millis);
                    }
                }
            }
            for (Peer peer : cast.shuffled()) {
                if (isPlain(peer)) {
                    continue;
                }
                stage.step("latency, RTT " + rtt + " ms, " + peer.name() + " alone");
                for (int i = -rounds / 10; i < rounds / 2; i++) {
                    double millis = Echo.millis(peer);
                    if (i >= 0) {
                        tight.note(peer, rtt, millis);
                    }
                }
            }
        }
    }

    private static List<Peer> round(Cast cast, int i) {
        List<Peer> round = new ArrayList<>(cast.shuffled());
        if (i % PLAIN_SSH_EVERY != 0) {
            round.removeIf(LatencyScene::isPlain);
        }
        return round;
    }

    private static boolean isPlain(Peer peer) {
        return peer.name().equals(Client.PLAIN_SSH.title());
    }
}
