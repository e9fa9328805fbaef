package io.muxpool.cli.fleet;

import io.muxpool.fleet.HostOutcome;
import io.muxpool.fleet.HostResult;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** A page about a run that needs nothing but a browser: no network, and no script that hosts could have a say in. */
final class ReportPage {
    private static final int SLOWEST = 10;
    private static final int LONGEST_OUTPUT = 64 * 1024;

    private ReportPage() {}

    static String html(String command, List<HostResult> results, Duration elapsed) {
        return template()
                .replace("<!--command-->", escape(command))
                .replace("<!--summary-->", summary(results, elapsed))
                .replace("<!--outcomes-->", outcomes(results))
                .replace("<!--latency-->", latency(results))
                .replace("<!--slowest-->", slowest(results))
                .replace("<!--outputs-->", outputs(results))
                .replace("<!--hosts-->", hosts(results));
    }

    private static String template() {
        try (InputStream in = Objects.requireNonNull(ReportPage.class.getResourceAsStream("report.html"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the report's own frame cannot be read", e);
        }
    }

    private static String summary(List<HostResult> results, Duration elapsed) {
        return escape(new Tally(results).lines(elapsed).get(0));
    }

    private static String kind(HostOutcome outcome) {
        if (outcome.success()) {
            return "succeeded";
        }
        return outcome instanceof HostOutcome.Exited || outcome instanceof HostOutcome.Signalled
                ? "failed"
                : outcome.kind();
    }

    private static String outcomes(List<HostResult> results) {
        Map<String, Integer> counts = new TreeMap<>(Comparator.reverseOrder());
        results.forEach(result -> counts.merge(kind(result.outcome()), 1, Integer::sum));
        StringBuilder html = new StringBuilder("<div class=\"share\">");
        counts.forEach((kind, count) -> html.append("<span class=\"" + kind + "\" style=\"flex-grow:" + count
                + "\" title=\"" + words(kind) + "\">" + count + " " + words(kind) + "</span>"));
        return html.append("</div>").toString();
    }

    private static String words(String kind) {
        return kind.replace('_', ' ');
    }

    private static List<HostResult> timed(List<HostResult> results) {
        return results.stream()
                .filter(result -> !(result.outcome() instanceof HostOutcome.Skipped))
                .toList();
    }

    private static String latency(List<HostResult> results) {
        Histogram histogram =
                new Histogram(timed(results).stream().map(HostResult::elapsed).toList());
        return histogram.isEmpty()
                ? "<p>No host had its turn.</p>"
                : "<p>" + histogram.percentiles() + "</p>\n" + histogram.svg();
    }

    private static String slowest(List<HostResult> results) {
        StringBuilder html = new StringBuilder();
        timed(results).stream()
                .sorted(Comparator.comparing(HostResult::elapsed).reversed())
                .limit(SLOWEST)
                .forEach(result -> html.append("<li>")
                        .append(escape(result.host()))
                        .append(" <b>")
                        .append(time(result))
                        .append("</b></li>\n"));
        return html.toString();
    }

    private static String time(HostResult result) {
        return Histogram.show(result.elapsed().toNanos() / 1000);
    }

    private static String outputs(List<HostResult> results) {
        StringBuilder html = new StringBuilder();
        List<Group> groups = Group.of(results);
        groups.forEach(group -> {
            HostResult first = group.first();
            html.append("<details class=\"" + kind(first.outcome()) + "\"" + (groups.size() <= 3 ? " open" : "") + ">");
            html.append("<summary>").append(escape(group.title())).append("</summary>\n");
            output(html, "stdout", first.stdoutText());
            output(html, "stderr", first.stderrText());
            html.append("</details>\n");
        });
        return html.toString();
    }

    private static void output(StringBuilder html, String stream, String text) {
        if (!text.isEmpty()) {
            boolean whole = text.length() <= LONGEST_OUTPUT;
            html.append("<pre class=\"" + stream + "\">");
            html.append(escape(whole ? text : text.substring(0, LONGEST_OUTPUT)));
            html.append(
                    whole ? "</pre>\n" : "</pre>\n<p>" + (text.length() - LONGEST_OUTPUT) + " more characters</p>\n");
        }
    }

    private static String hosts(List<HostResult> results) {
        StringBuilder html = new StringBuilder();
        results.forEach(result -> html.append("<tr class=\"" + kind(result.outcome()) + "\"><td>")
                .append(escape(result.host()))
                .append("</td><td>")
                .append(escape(result.outcome().toString()))
                .append("</td><td class=\"number\">")
                .append(result.outcome() instanceof HostOutcome.Skipped ? "" : time(result))
                .append("</td><td>")
                .append(result.reused() ? "warm" : result.outcome().mayHaveRun() ? "new" : "")
                .append("</td></tr>\n"));
        return html.toString();
    }

    /** What hosts say stays text; characters that would steer something are shown as what they are. */
    private static String escape(String text) {
        StringBuilder html = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '<' -> html.append("&lt;");
                case '>' -> html.append("&gt;");
                case '&' -> html.append("&amp;");
                case '"' -> html.append("&quot;");
                case '\n', '\t' -> html.appendCodePoint(c);
                default -> {
                    boolean steers = Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
                    html.append(steers ? String.format("\u2423%02x", c) : Character.toString(c));
                }
            }
        });
        return html.toString();
    }
}
