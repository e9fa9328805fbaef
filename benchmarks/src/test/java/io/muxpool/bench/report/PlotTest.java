package io.muxpool.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.muxpool.bench.result.BenchRun;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.Chart.Axis;
import io.muxpool.bench.result.Chart.Better;
import io.muxpool.bench.result.Point;
import io.muxpool.bench.result.SceneResult;
import io.muxpool.bench.result.Series;
import io.muxpool.bench.result.Series.Kind;
import io.muxpool.bench.result.Stats;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class PlotTest {
    private static final double[] FEW = {0, 20, 100};
    private static final double[] MANY = {0, 1, 10, 100, 101, 102};
    private static final String LONG = "a client whose name is longer than any picture of it can ever be wide";

    static Stream<Chart> charts() {
        List<Chart> charts = new ArrayList<>(SampleRun.run().scenes().stream()
                .flatMap(scene -> scene.charts().stream())
                .toList());
        for (double[] places : List.of(FEW, MANY, new double[] {1})) {
            Axis axis = Axis.of("place", "", places);
            charts.add(chart(axis));
            charts.add(chart(axis, new Series("nowhere", Kind.PEER, List.of())));
            charts.add(chart(axis, SampleRun.series("one place", Kind.MUXPOOL, 9, places, 7)));
            charts.add(chart(axis, SampleRun.series("zeros", Kind.MUXPOOL, 1, places, new double[places.length])));
            charts.add(chart(axis, SampleRun.series("below", Kind.PEER, 9, places, -5)));
            charts.add(chart(
                    axis,
                    SampleRun.series("tiny", Kind.MUXPOOL, 9, places, 1e-300),
                    SampleRun.series("huge", Kind.LIMIT, 9, places, 1e300),
                    SampleRun.series("none", Kind.PEER, 9, places, Double.NaN),
                    SampleRun.series("no end", Kind.PEER, 9, places, Double.POSITIVE_INFINITY)));
            charts.add(chart(axis, SampleRun.series("none", Kind.MUXPOOL, 9, places, Double.NaN)));
            charts.add(chart(
                    axis,
                    Stream.iterate(1, i -> i + 1)
                            .limit(30)
                            .map(i -> SampleRun.series(
                                    LONG + i,
                                    kind(i),
                                    9,
                                    places,
                                    Arrays.copyOf(new double[] {1000, 1000 + i, 1}, Math.min(3, places.length))))
                            .toArray(Series[]::new)));
        }
        return charts.stream();
    }

    @ParameterizedTest
    @MethodSource("charts")
    void allThatIsDrawnLiesInThePicture(Chart chart) {
        String svg = Plot.svg(chart);
        assertThat(svg).doesNotContain("NaN").doesNotContain("Infinity");
        Document document = Xml.parse(svg);
        String[] box = document.getDocumentElement().getAttribute("viewBox").split(" ", -1);
        double width = Double.parseDouble(box[2]);
        double height = Double.parseDouble(box[3]);
        for (Element text : Xml.elements(document, "text")) {
            double size = number(text, "font-size");
            double wide = text.getTextContent().length() * size * 0.58;
            double left = number(text, "x")
                    - switch (text.getAttribute("text-anchor")) {
                        case "middle" -> wide / 2;
                        case "end" -> wide;
                        default -> 0;
                    };
            assertThat(left).as(text.getTextContent()).isNotNegative();
            assertThat(left + wide).as(text.getTextContent()).isLessThanOrEqualTo(width);
            assertThat(number(text, "y")).isBetween(size, height);
        }
        for (Element bar : Xml.elements(document, "rect")) {
            assertThat(number(bar, "width")).isBetween(0.0, width);
        }
        for (Element line : Xml.elements(document, "line")) {
            assertThat(number(line, "x2")).isBetween(0.0, width);
            assertThat(number(line, "y2")).isBetween(0.0, height);
        }
    }

    @ParameterizedTest
    @MethodSource("charts")
    void aPictureSaysInWordsWhatItShows(Chart chart) {
        Element svg = Xml.parse(Plot.svg(chart)).getDocumentElement();
        assertThat(svg.getAttribute("role")).isEqualTo("img");
        assertThat(svg.getElementsByTagName("title").item(0).getTextContent()).isEqualTo(chart.title());
        assertThat(svg.getElementsByTagName("desc").getLength()).isOne();
    }

    @Test
    void barsAreSortedBestFirstInEachGroup() {
        List<String> names = Xml.elements(Xml.parse(Plot.svg(SampleRun.latency())), "text").stream()
                .filter(text -> text.getAttribute("text-anchor").equals("end"))
                .map(Element::getTextContent)
                .toList();
        assertThat(names.subList(0, 4)).containsExactly("bare channel (limit)", "muxpool", "jsch", "sshj");
        assertThat(names.subList(25, 27)).containsExactly("ssh -S", "plain ssh");
    }

    @Test
    void everyBarHasItsFigure() {
        assertThat(Xml.texts(Xml.parse(Plot.svg(SampleRun.latency())), "text"))
                .contains("Latency of /bin/echo, in turns", "round trip: 0 ms", "15.4", "16.0", "130", "900")
                .anySatisfy(caption -> assertThat(caption).contains("Median in ms, whisker to P90. Lower is better."));
    }

    @Test
    void everyLineIsNamedOnceWithoutLyingOnAnother() {
        List<Element> names = Xml.elements(Xml.parse(Plot.svg(SampleRun.throughput())), "text").stream()
                .filter(text -> SampleRun.throughput().series().stream()
                        .anyMatch(series -> text.getTextContent().startsWith(series.client())))
                .toList();
        assertThat(names).hasSize(8);
        double[] heights =
                names.stream().mapToDouble(name -> number(name, "y")).sorted().toArray();
        for (int i = 1; i < heights.length; i++) {
            assertThat(heights[i] - heights[i - 1]).isGreaterThanOrEqualTo(12);
        }
    }

    @Test
    void linesAreToldApartWithoutColours() {
        Chart chart = SampleRun.throughput();
        assertThat(chart.series().stream().map(series -> Ink.of(chart, series)).map(ink -> ink.dash() + ink.mark()))
                .doesNotHaveDuplicates();
    }

    @Test
    void everyChartOfARunIsWrittenToItsFile(@TempDir Path directory) throws IOException {
        Plot.writeAll(SampleRun.run(), directory.resolve("plots"));
        for (String id : List.of("latency", "throughput", "scale", "memory", "borrow")) {
            assertThat(directory.resolve("plots").resolve(id + ".svg"))
                    .content()
                    .startsWith("<svg ");
        }
    }

    @Test
    void noFileIsWrittenElsewhere(@TempDir Path directory) {
        Chart astray = new Chart("../astray", "", "", Better.LOWER, Axis.of("", "", 1), List.of());
        BenchRun run = new BenchRun(
                SampleRun.machine(),
                Instant.EPOCH,
                Duration.ZERO,
                List.of(new SceneResult("scene", "", "", List.of(astray), List.of())),
                List.of());
        assertThatThrownBy(() -> Plot.writeAll(run, directory)).isInstanceOf(IllegalArgumentException.class);
        assertThat(directory.resolveSibling("astray.svg")).doesNotExist();
    }

    @Test
    void aPointThatIsNoPlaceIsNotDrawn() {
        Series series = new Series("astray", Kind.PEER, List.of(new Point(55, Stats.of(List.of(1.0)))));
        assertThat(Plot.svg(chart(Axis.of("place", "", FEW), series))).contains("Nothing was measured.");
    }

    @Test
    void whatIsNoNumberLeavesTheOtherBarsAsTheyAre() {
        Series ten = SampleRun.series("ten", Kind.MUXPOOL, 1, FEW, 10);
        Series five = SampleRun.series("five", Kind.PEER, 1, FEW, 5);
        Series none = SampleRun.series("none", Kind.PEER, 1, FEW, Double.NaN);
        List<Element> bars =
                Xml.elements(Xml.parse(Plot.inline(chart(Axis.of("place", "", FEW), ten, none, five))), "rect");
        assertThat(bars).hasSize(3);
        assertThat(number(bars.get(2), "width")).isCloseTo(2 * number(bars.get(1), "width"), within(0.1));
    }

    private static Chart chart(Axis axis, Series... series) {
        return new Chart("chart", LONG + " and " + LONG, "ms", Better.LOWER, axis, List.of(series));
    }

    private static Kind kind(int i) {
        return i == 1 ? Kind.MUXPOOL : i < 8 ? Kind.VARIANT : i < 28 ? Kind.PEER : Kind.LIMIT;
    }

    private static double number(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }
}
