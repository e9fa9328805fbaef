package io.muxpool.bench.result;

import java.util.List;
import java.util.Optional;

/**
 * One client's line in a chart.
 *
 * @param client as in {@code jsch}
 * @param points in the order of the axis; a place where the client was not measured has none
 */
public record Series(String client, Kind kind, List<Point> points) {

    /** Whose line it is. */
    public enum Kind {
        /** The one that all are compared with: muxpool as it comes. */
        MUXPOOL,
        /** Muxpool set another way. */
        VARIANT,
        /** What users would take instead. */
        PEER,
        /** What no client can do better. */
        LIMIT
    }

    /** A copy that cannot change. */
    public Series {
        points = List.copyOf(points);
    }

    /** What was measured there, if it was. */
    public Optional<Stats> at(double x) {
        return points.stream().filter(point -> point.x() == x).map(Point::stats).findFirst();
    }
}
