package io.muxpool.bench.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.muxpool.bench.result.BenchRun;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.Chart.Axis;
import io.muxpool.bench.result.Point;
import io.muxpool.bench.result.SceneResult;
import io.muxpool.bench.result.Series;
import io.muxpool.bench.result.Stats;
import io.muxpool.bench.result.Target;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;

/**
 * A run as JSON, all of it, for programs. Field names are a contract with them: {@code format} goes up when one changes.
 * A value that is no number (a target divided by zero) is the string {@code "NaN"}.
 */
public final class RunJson {
    private static final int FORMAT = 1;

    private RunJson() {}

    /** Writes it to a file, in place of what was there. */
    public static void write(BenchRun run, Path file) throws IOException {
        try (Writer out = Files.newBufferedWriter(file)) {
            write(run, out);
        }
    }

    /** Writes it, and leaves the writer open. */
    public static void write(BenchRun run, Writer out) throws IOException {
        JsonFactory factory = new JsonFactory().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        try (JsonGenerator json = factory.createGenerator(out)) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeNumberField("format", FORMAT);
            json.writeStringField("started", run.started().toString());
            json.writeNumberField("took_ms", run.took().toNanos() / 1e6);
            json.writeObjectFieldStart("machine");
            for (Map.Entry<String, String> fact : run.machine().facts().entrySet()) {
                json.writeStringField(fact.getKey(), fact.getValue());
            }
            json.writeEndObject();
            array(json, "scenes", run.scenes(), scene -> scene(json, scene));
            array(json, "targets", run.targets(), target -> target(json, target));
            json.writeEndObject();
        }
    }

    private static void scene(JsonGenerator json, SceneResult scene) throws IOException {
        json.writeStringField("id", scene.id());
        json.writeStringField("title", scene.title());
        json.writeStringField("story", scene.story());
        array(json, "charts", scene.charts(), chart -> chart(json, chart));
        strings(json, "notes", scene.notes());
    }

    private static void chart(JsonGenerator json, Chart chart) throws IOException {
        json.writeStringField("id", chart.id());
        json.writeStringField("title", chart.title());
        json.writeStringField("unit", chart.unit());
        json.writeStringField("better", word(chart.better()));
        Axis axis = chart.axis();
        json.writeObjectFieldStart("axis");
        json.writeStringField("name", axis.name());
        json.writeStringField("unit", axis.unit());
        json.writeArrayFieldStart("places");
        for (double place : axis.places()) {
            json.writeNumber(place);
        }
        json.writeEndArray();
        strings(json, "names", axis.names());
        json.writeEndObject();
        array(json, "series", chart.series(), series -> series(json, series));
    }

    private static void series(JsonGenerator json, Series series) throws IOException {
        json.writeStringField("client", series.client());
        json.writeStringField("kind", word(series.kind()));
        array(json, "points", series.points(), point -> point(json, point));
    }

    private static void point(JsonGenerator json, Point point) throws IOException {
        Stats stats = point.stats();
        json.writeNumberField("x", point.x());
        json.writeNumberField("count", stats.count());
        json.writeNumberField("min", stats.min());
        json.writeNumberField("p50", stats.p50());
        json.writeNumberField("p90", stats.p90());
        json.writeNumberField("p99", stats.p99());
        json.writeNumberField("max", stats.max());
    }

    private static void target(JsonGenerator json, Target target) throws IOException {
        json.writeStringField("what", target.what());
        json.writeNumberField("value", target.value());
        json.writeStringField("bound", word(target.bound()));
        json.writeNumberField("limit", target.limit());
        json.writeStringField("unit", target.unit());
        json.writeBooleanField("met", target.met());
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static void strings(JsonGenerator json, String name, Collection<String> values) throws IOException {
        json.writeArrayFieldStart(name);
        for (String value : values) {
            json.writeString(value);
        }
        json.writeEndArray();
    }

    private interface Fields<T> {
        void write(T value) throws IOException;
    }

    private static <T> void array(JsonGenerator json, String name, Collection<T> values, Fields<T> fields)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (T value : values) {
            json.writeStartObject();
            fields.write(value);
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
