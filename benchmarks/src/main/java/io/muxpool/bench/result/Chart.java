package io.muxpool.bench.result;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Measurements of one thing, of several clients, along one axis.
 *
 * @param id unique in a run, of lower-case letters, digits and hyphens, as in {@code latency}
 * @param title for people, as in {@code Latency of /bin/echo, in turns}
 * @param unit of the values, as in {@code ms}
 * @param series at least one
 */
public record Chart(String id, String title, String unit, Better better, Axis axis, List<Series> series) {

    /** Which way is good. */
    public enum Better {
        LOWER,
        HIGHER
    }

    /**
     * Along what was measured.
     *
     * @param name as in {@code round trip}
     * @param unit of the places, as in {@code ms}; empty for a count, or where they have names
     * @param places where something was measured, ascending
     * @param names of the places, one for each, in their order; empty where the numbers speak
     */
    public record Axis(String name, String unit, List<Double> places, List<String> names) {
        /** Copies that cannot change. */
        public Axis {
            places = List.copyOf(places);
            names = List.copyOf(names);
            if (!names.isEmpty() && names.size() != places.size()) {
                throw new IllegalArgumentException(names.size() + " names for " + places.size() + " places");
            }
        }

        /** An axis of numbers. */
        public static Axis of(String name, String unit, double... places) {
            return new Axis(name, unit, Arrays.stream(places).boxed().toList(), List.of());
        }

        /** An axis of names, at 0, 1, 2 and so on. */
        public static Axis named(String name, String... names) {
            return new Axis(
                    name,
                    "",
                    Stream.iterate(0.0, x -> x + 1).limit(names.length).toList(),
                    List.of(names));
        }
    }

    /** A copy that cannot change. */
    public Chart {
        series = List.copyOf(series);
    }

    /** The line of a client, if it was measured. */
    public Optional<Series> of(String client) {
        return series.stream().filter(one -> one.client().equals(client)).findFirst();
    }

    /** The line that the others are compared with, if it is here. */
    public Optional<Series> muxpool() {
        return series.stream().filter(one -> one.kind() == Series.Kind.MUXPOOL).findFirst();
    }
}
