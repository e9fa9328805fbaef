package io.muxpool.bench.scene;

import io.muxpool.bench.peer.Client;
import io.muxpool.bench.peer.Peer;
import io.muxpool.bench.result.Point;
import io.muxpool.bench.result.Series;
import io.muxpool.bench.result.Stats;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Where measurements are noted down until a chart is made of them. */
final class Sheet {
    private final Map<String, Series.Kind> clients = new LinkedHashMap<>();
    private final Map<String, Map<Double, List<Double>>> values = new LinkedHashMap<>();

    Sheet() {
        // The same order in every chart.
        for (Client client : Client.values()) {
            clients.put(client.title(), client.kind());
            values.put(client.title(), new TreeMap<>());
        }
    }

    void note(Peer peer, double x, double value) {
        note(peer.name(), peer.kind(), x, value);
    }

    void note(String client, Series.Kind kind, double x, double value) {
        clients.put(client, kind);
        values.computeIfAbsent(client, name -> new TreeMap<>())
                .computeIfAbsent(x, place -> new ArrayList<>())
                .add(value);
    }

    List<Series> series() {
        List<Series> series = new ArrayList<>();
        clients.forEach((client, kind) -> {
            List<Point> points = new ArrayList<>();
            values.getOrDefault(client, Map.of()).forEach((x, list) -> points.add(new Point(x, Stats.of(list))));
            if (!points.isEmpty()) {
                series.add(new Series(client, kind, points));
            }
        });
        return series;
    }
}
