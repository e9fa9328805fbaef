package io.muxpool.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.bench.result.BenchRun;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.Chart.Axis;
import io.muxpool.bench.result.Chart.Better;
import io.muxpool.bench.result.Machine;
import io.muxpool.bench.result.SceneResult;
import io.muxpool.bench.result.Series.Kind;
import io.muxpool.bench.result.Target;
import io.muxpool.bench.result.Target.Bound;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class HtmlReportTest {
    private static final String HOSTILE = "</style></svg><script>alert(\"1\" & '2')</script>\u0000\u001b\ud800";

    @Test
    void thePageHasEveryChartAsAPlotAndAsFigures() {
        Document page = Xml.parse(HtmlReport.of(SampleRun.run()));
        assertThat(Xml.texts(page, "h2"))
                .containsExactly(
                        "Measured on",
                        "Targets",
                        "Latency of one command",
                        "Throughput of standard output",
                        "Many masters at once",
                        "Borrowing under contention");
        assertThat(Xml.elements(page, "figure")).hasSize(5).allSatisfy(figure -> {
            assertThat(figure.getElementsByTagName("svg").getLength()).isOne();
            assertThat(figure.getElementsByTagName("table").getLength()).isOne();
        });
        assertThat(Xml.texts(page, "tr")).contains("muxpool16.017.022.41.00", "plain ssh1301381828.13");
    }

    @Test
    void everyHeadOfATableSaysWhatItIsTheHeadOf() {
        assertThat(Xml.elements(Xml.parse(HtmlReport.of(SampleRun.run())), "th"))
                .allSatisfy(head -> assertThat(head.getAttribute("scope")).isNotEmpty());
    }

    @Test
    void targetsSayInWordsWhetherTheyWereMet() {
        assertThat(Xml.texts(Xml.parse(HtmlReport.of(SampleRun.run())), "tr"))
                .contains(
                        "latency at RTT 0, beside the fastest Java peer0.989xat most 1.1x✓ met",
                        "throughput at 200 MB, beside ssh -S0.720xat least 0.9x✗ missed");
    }

    @Test
    void thePageNeedsNothingButItself() {
        String page = HtmlReport.of(SampleRun.run()).replace("http://www.w3.org/2000/svg", "");
        assertThat(page).doesNotContain("http:", "https:", "url(", "@import", " src=", "<script", "<link");
    }

    @Test
    void idsAreUnique() {
        Document page = Xml.parse(HtmlReport.of(SampleRun.run()));
        assertThat(Xml.elements(page, "*").stream()
                        .map(element -> element.getAttribute("id"))
                        .filter(id -> !id.isEmpty()))
                .isNotEmpty()
                .doesNotHaveDuplicates();
    }

    @Test
    void whateverTheRunSaysIsShownAsText() {
        double[] places = {0, 1};
        Chart chart = new Chart(
                HOSTILE,
                HOSTILE,
                HOSTILE,
                Better.LOWER,
                Axis.named(HOSTILE, HOSTILE, HOSTILE),
                List.of(SampleRun.series(HOSTILE, Kind.MUXPOOL, 9, places, 1, 2)));
        String page = HtmlReport.of(new BenchRun(
                new Machine(Map.of(HOSTILE, HOSTILE)),
                Instant.EPOCH,
                Duration.ZERO,
                List.of(new SceneResult(HOSTILE, HOSTILE, HOSTILE, List.of(chart), List.of(HOSTILE))),
                List.of(new Target(HOSTILE, Double.NaN, Bound.AT_MOST, 1, HOSTILE))));
        assertThat(page).doesNotContain("<script");
        Document document = Xml.parse(page);
        assertThat(Xml.elements(document, "script")).isEmpty();
        String shown = "</style></svg><script>alert(\"1\" & '2')</script>\ufffd\ufffd\ufffd";
        assertThat(Xml.texts(document, "h2")).contains(shown);
        assertThat(Xml.elements(document, "figure"))
                .extracting(Element::getTextContent)
                .allSatisfy(text -> assertThat(text).contains(shown));
    }

    @Test
    void aRunThatMeasuredNothingIsAPageToo() {
        String page = HtmlReport.of(
                new BenchRun(new Machine(Map.of()), Instant.EPOCH, Duration.ofSeconds(3), List.of(), List.of()));
        assertThat(Xml.texts(Xml.parse(page), "p")).containsExactly("1 January 1970, 00:00 UTC, in 3 s");
    }
}
