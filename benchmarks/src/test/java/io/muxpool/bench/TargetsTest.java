package io.muxpool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.bench.peer.Client;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.Point;
import io.muxpool.bench.result.SceneResult;
import io.muxpool.bench.result.Series;
import io.muxpool.bench.result.Stats;
import io.muxpool.bench.result.Target;
import java.util.List;
import org.junit.jupiter.api.Test;

class TargetsTest {
    private static Series series(Client client, double x, double value) {
        return new Series(client.title(), client.kind(), List.of(new Point(x, Stats.of(List.of(value)))));
    }

    private static SceneResult scene(String chart, Chart.Better better, double x, Series... series) {
        return new SceneResult(
                "s",
                "S",
                "",
                List.of(new Chart(chart, "T", "ms", better, Chart.Axis.of("x", "", x), List.of(series))),
                List.of());
    }

    @Test
    void latencyIsHeldAgainstTheFastestJavaClientAndTheLimitIsNone() {
        List<Target> targets = Targets.of(List.of(scene(
                "latency",
                Chart.Better.LOWER,
                0,
                series(Client.MUXPOOL, 0, 9),
                series(Client.JSCH, 0, 12),
                series(Client.SSHJ, 0, 10),
                series(Client.BARE, 0, 1),
                series(Client.SSH_S, 0, 30))));
        assertThat(targets).extracting(Target::value).containsExactly(0.9, 0.3);
        assertThat(targets).allMatch(Target::met);
    }

    @Test
    void aRateIsHeldAgainstTheHighest() {
        List<Target> targets = Targets.of(List.of(scene(
                "download-rtt-0",
                Chart.Better.HIGHER,
                200,
                series(Client.MUXPOOL, 200, 50),
                series(Client.JSCH, 200, 20),
                series(Client.SSH_S, 200, 100))));
        assertThat(targets).extracting(Target::value).containsExactly(0.5);
        assertThat(targets).noneMatch(Target::met);
    }

    @Test
    void whatWasNotMeasuredIsNotJudged() {
        assertThat(Targets.of(List.of())).isEmpty();
        assertThat(Targets.of(List.of(scene("latency", Chart.Better.LOWER, 0, series(Client.MUXPOOL, 0, 9)))))
                .isEmpty();
    }
}
