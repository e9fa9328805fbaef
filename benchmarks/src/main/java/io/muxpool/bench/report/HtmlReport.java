package io.muxpool.bench.report;

import io.muxpool.bench.report.Figures.Figure;
import io.muxpool.bench.report.Figures.Group;
import io.muxpool.bench.result.BenchRun;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.SceneResult;
import io.muxpool.bench.result.Target;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A run as one page that needs nothing but itself: no script, no font, no network. It is well-formed XML too. */
public final class HtmlReport {
    private static final DateTimeFormatter WHEN = DateTimeFormatter.ofPattern(
                    "d MMMM uuuu, HH:mm 'UTC'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);
    private static final String TITLE = "muxpool beside its peers";

    private final BenchRun run;
    private final Markup page = new Markup();

    private HtmlReport(BenchRun run) {
        this.run = run;
    }

    /** The page. */
    public static String of(BenchRun run) {
        return new HtmlReport(run).page();
    }

    private String page() {
        page.raw("<!DOCTYPE html>").line().open("html", "lang", "en").line();
        page.open("head").line();
        page.empty("meta", "charset", "utf-8").line();
        page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
                .line();
        page.empty("meta", "name", "color-scheme", "content", "light dark").line();
        page.element("title", TITLE).line();
        page.open("style").raw(Styles.PAGE).raw(Styles.PLOT).close().line();
        page.close().line().open("body").line().open("main").line();
        head();
        targets();
        run.scenes().forEach(this::scene);
        return page.close().line().close().line().close().line().toString();
    }

    private void head() {
        page.open("header").element("h1", TITLE).line();
        page.element("p", WHEN.format(run.started()) + ", in " + took(run.took()), "class", "soft")
                .line();
        if (!run.scenes().isEmpty()) {
            page.open("nav", "aria-label", "Scenes").open("ul").line();
            for (SceneResult scene : run.scenes()) {
                page.open("li").element("a", scene.title(), "href", "#scene-" + scene.id());
                page.close().line();
            }
            page.close().close().line();
        }
        page.close().line();
        page.open("section").element("h2", "Measured on").line();
        page.open("div", "class", "scroll").open("table", "class", "facts").open("tbody");
        page.line();
        for (Map.Entry<String, String> fact : run.machine().facts().entrySet()) {
            page.open("tr").element("th", fact.getKey(), "scope", "row").element("td", fact.getValue());
            page.close().line();
        }
        page.close().close().close().close().line();
    }

    private void targets() {
        if (run.targets().isEmpty()) {
            return;
        }
        page.open("section").element("h2", "Targets").line();
        page.open("div", "class", "scroll").open("table", "class", "targets").line();
        columns(List.of("Target", "Value", "Bound", "Outcome"));
        page.open("tbody").line();
        for (Target target : run.targets()) {
            page.open("tr").element("th", target.what(), "scope", "row");
            page.element("td", Words.value(target)).element("td", Words.bound(target));
            page.element("td", (target.met() ? "✓ " : "✗ ") + Words.verdict(target), "class", Words.verdict(target));
            page.close().line();
        }
        page.close().close().close().close().line();
    }

    private void scene(SceneResult scene) {
        page.open("section", "id", "scene-" + scene.id()).line();
        page.element("h2", scene.title()).line().element("p", scene.story()).line();
        scene.charts().forEach(this::chart);
        if (!scene.notes().isEmpty()) {
            page.open("ul", "class", "notes").line();
            scene.notes().forEach(note -> page.element("li", note).line());
            page.close().line();
        }
        page.close().line();
    }

    private void chart(Chart chart) {
        page.open("figure", "id", "chart-" + chart.id()).line();
        page.open("figcaption").element("h3", chart.title()).close().line();
        page.open("div", "class", "beside").line();
        page.open("div").raw(Plot.inline(chart)).close().line();
        page.open("details", "open", "open")
                .element("summary", "Figures: " + Words.reading(chart))
                .line();
        page.open("div", "class", "scroll", "role", "region", "tabindex", "0", "aria-label", chart.title());
        figures(chart, Figures.of(chart));
        page.close().close().close().close().line();
    }

    private void figures(Chart chart, Figures figures) {
        boolean single = chart.series().size() == 1;
        List<String> head = new ArrayList<>(List.of(single ? chart.axis().name() : "Client"));
        head.addAll(figures.once() ? List.of("Value") : List.of("P50", "P90", "P99"));
        if (figures.compared()) {
            head.add("x muxpool");
        }
        page.open("table", "class", figures.compared() ? "figures compared" : "figures")
                .line();
        columns(head);
        for (Group group : figures.groups()) {
            page.open("tbody").line();
            if (!single) {
                page.open("tr", "class", "place");
                page.element("th", group.head(), "scope", "rowgroup", "colspan", head.size());
                page.close().line();
            }
            for (Figure figure : group.figures()) {
                row(figures, figure, single ? group.label() : figure.name());
            }
            page.close().line();
        }
        page.close().line();
    }

    private void row(Figures figures, Figure figure, String name) {
        page.open("tr", "class", figure.series().kind().name().toLowerCase(Locale.ROOT));
        page.element("th", name, "scope", "row");
        page.element("td", Numbers.measured(figure.stats().p50()));
        if (!figures.once()) {
            page.element("td", figure.percentile(figure.stats().p90()));
            page.element("td", figure.percentile(figure.stats().p99()));
        }
        if (figures.compared()) {
            page.element("td", figure.times());
        }
        page.close().line();
    }

    private void columns(List<String> names) {
        page.open("thead").open("tr");
        names.forEach(name -> page.element("th", name, "scope", "col"));
        page.close().close().line();
    }

    private static String took(Duration took) {
        long minutes = took.toMinutes();
        return minutes == 0 ? took.toSecondsPart() + " s" : minutes + " min " + took.toSecondsPart() + " s";
    }
}
