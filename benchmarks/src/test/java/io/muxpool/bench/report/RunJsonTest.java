package io.muxpool.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.Point;
import io.muxpool.bench.result.SceneResult;
import io.muxpool.bench.result.Series;
import io.muxpool.bench.result.Stats;
import io.muxpool.bench.result.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunJsonTest {
    @Test
    void allOfARunIsWritten(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("run.json");
        RunJson.write(SampleRun.run(), file);
        try (JsonParser json = new JsonFactory().createParser(Files.readString(file))) {
            json.nextToken();
            assertThat(value(json)).isEqualTo(expected());
        }
    }

    private static Map<String, Object> expected() {
        Map<String, Object> run = new LinkedHashMap<>();
        run.put("format", 1.0);
        run.put("started", "2026-03-04T05:06:07.089Z");
        run.put("took_ms", 754_321.0);
        run.put("machine", SampleRun.machine().facts());
        run.put(
                "scenes",
                SampleRun.run().scenes().stream().map(RunJsonTest::scene).toList());
        run.put(
                "targets",
                SampleRun.run().targets().stream().map(RunJsonTest::target).toList());
        return run;
    }

    private static Map<String, Object> scene(SceneResult scene) {
        return Map.of(
                "id", scene.id(),
                "title", scene.title(),
                "story", scene.story(),
                "charts", scene.charts().stream().map(RunJsonTest::chart).toList(),
                "notes", scene.notes());
    }

    private static Map<String, Object> chart(Chart chart) {
        return Map.of(
                "id", chart.id(),
                "title", chart.title(),
                "unit", chart.unit(),
                "better", chart.better().name().toLowerCase(Locale.ROOT),
                "axis",
                        Map.of(
                                "name", chart.axis().name(),
                                "unit", chart.axis().unit(),
                                "places", chart.axis().places(),
                                "names", chart.axis().names()),
                "series", chart.series().stream().map(RunJsonTest::series).toList());
    }

    private static Map<String, Object> series(Series series) {
        return Map.of(
                "client", series.client(),
                "kind", series.kind().name().toLowerCase(Locale.ROOT),
                "points", series.points().stream().map(RunJsonTest::point).toList());
    }

    private static Map<String, Object> point(Point point) {
        Stats stats = point.stats();
        return Map.of(
                "x", point.x(),
                "count", (double) stats.count(),
                "min", stats.min(),
                "p50", stats.p50(),
                "p90", stats.p90(),
                "p99", stats.p99(),
                "max", stats.max());
    }

    private static Map<String, Object> target(Target target) {
        return Map.of(
                "what", target.what(),
                "value", target.value(),
                "bound", target.bound().name().toLowerCase(Locale.ROOT),
                "limit", target.limit(),
                "unit", target.unit(),
                "met", target.met());
    }

    /** The value that begins here, of maps, lists, texts and doubles. */
    private static Object value(JsonParser json) throws IOException {
        switch (json.currentToken()) {
            case START_OBJECT -> {
                Map<String, Object> fields = new LinkedHashMap<>();
                while (json.nextToken() != JsonToken.END_OBJECT) {
                    String name = json.currentName();
                    json.nextToken();
                    fields.put(name, value(json));
                }
                return fields;
            }
            case START_ARRAY -> {
                List<Object> values = new ArrayList<>();
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    values.add(value(json));
                }
                return values;
            }
            case VALUE_STRING -> {
                return json.getText();
            }
            case VALUE_TRUE, VALUE_FALSE -> {
                return json.getBooleanValue();
            }
            default -> {
                return json.getDoubleValue();
            }
        }
    }
}
