package io.muxpool.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

class TerminalReportTest {
    @Test
    void atEachPlaceTheBestClientComesFirst() {
        assertThat(of(SampleRun.threads())).isEqualTo("""
                        Scene
                        What was done.

                        Borrow and give back (ops/s, higher is better)
                          threads  client                         P50        P90         P99  x muxpool
                          1        one lock around a queue  9,120,000  9,670,000  12,800,000       2.17
                                   muxpool                  4,210,000  4,460,000   5,890,000       1.00
                          8        muxpool                  6,870,000  7,420,000   9,620,000       1.00
                                   one lock around a queue  2,150,000  2,320,000   3,010,000      0.313
                          32       muxpool                  6,510,000  7,160,000   9,110,000       1.00
                                   one lock around a queue  1,930,000  2,120,000   2,700,000      0.296

                        - A note.
                        """);
    }

    @Test
    void aSingleClientHasARowForEachPlaceAndOneValueOfOneMeasurement() {
        assertThat(of(SampleRun.scale())).contains("""
                        Time until every master has answered (muxpool; s, lower is better)
                          masters  value
                          1        0.162
                          10       0.410
                          100       3.90
                          300       12.1
                          1,000     41.3
                        """);
    }

    @Test
    void ofManyPlacesAndClientsOnlyMediansAreShown() {
        assertThat(of(SampleRun.throughput())).contains("""
                          client (P50)              64 KiB  1 MiB  10 MB  50 MB  200 MB
                          loopback, no ssh (limit)    20.0    260  1,100  1,800   2,100
                          ssh -S                      1.80   26.0    180    340     410
                          muxpool over ssh -S         1.70   24.0    170    320     390
                          plain ssh                  0.500   7.50   60.0    190     385
                          muxpool                     3.60   48.0    210    330     372
                        """);
    }

    @Test
    void muxpoolStandsOutOnATerminal() {
        String text = TerminalReport.of(scene(SampleRun.latency()), Ansi.ON);
        List<String> lines = text.lines().toList();
        assertThat(lines)
                .filteredOn(line -> line.contains(" muxpool  ") && line.contains("1.00"))
                .hasSize(3)
                .allSatisfy(line -> assertThat(line).startsWith("\u001b[1m\u001b[32m"));
    }

    @Test
    void whatPicocliWouldTakeForMarkupIsLeftAsItIs() {
        SceneResult scene = new SceneResult("scene", "@|red a|@", "", List.of(), List.of("@|bold b|@"));
        assertThat(TerminalReport.of(scene, Ansi.ON)).contains("@|red a|@").contains("@|bold b|@");
    }

    @Test
    void targetsAreMetOrMissed() {
        assertThat(TerminalReport.targets(SampleRun.run().targets(), Ansi.OFF)).isEqualTo("""
                          target                                             value          bound
                          latency at RTT 0, beside the fastest Java peer    0.989x   at most 1.1x     met
                          latency at RTT 100, beside the fastest Java peer  0.995x   at most 1.1x     met
                          throughput at 200 MB, beside ssh -S               0.720x  at least 0.9x  missed
                          1000 masters, all commands done                   41.3 s   at most 60 s     met
                        """);
    }

    private static String of(Chart chart) {
        return TerminalReport.of(scene(chart), Ansi.OFF);
    }

    private static SceneResult scene(Chart chart) {
        return new SceneResult("scene", "Scene", "What was done.", List.of(chart), List.of("A note."));
    }
}
