package io.muxpool.bench.report;

import io.muxpool.bench.result.Chart;
import io.muxpool.bench.result.Series;
import io.muxpool.bench.result.Series.Kind;
import java.util.List;
import java.util.Locale;

/**
 * What a client is drawn with: a colour by its kind, and a dash and a mark, so that lines can be told apart without
 * colours.
 *
 * @param colour of {@code plot.css}
 * @param dash of SVG; empty for an unbroken line
 */
record Ink(String colour, String dash, Mark mark) {
    private static final int PEER_COLOURS = 5;
    private static final List<String> DASHES = List.of("7 3", "2 2.5", "9 3 2 3", "4 2", "12 3", "5 2 1.5 2 1.5 2");

    enum Mark {
        DOT,
        SQUARE,
        TRIANGLE,
        DIAMOND,
        CROSS,
        NONE;

        /** Its outline around a point. */
        String around(double x, double y) {
            return switch (this) {
                case DOT -> shape(x, y, "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z");
                case SQUARE -> shape(x, y, "m-3 -3h6v6h-6z");
                case TRIANGLE -> shape(x, y, "m0 -4l3.8 6.6h-7.6z");
                case DIAMOND -> shape(x, y, "m0 -4.2l4.2 4.2l-4.2 4.2l-4.2 -4.2z");
                case CROSS -> shape(x, y, "m-3.2 -3.2l6.4 6.4m0 -6.4l-6.4 6.4");
                case NONE -> "";
            };
        }

        private static String shape(double x, double y, String outline) {
            return "M" + Markup.number(x) + " " + Markup.number(y) + outline;
        }
    }

    static Ink of(Chart chart, Series series) {
        Kind kind = series.kind();
        // Counted among its kind: a variant more does not change the colours of the peers.
        int index = chart.series().stream()
                .filter(one -> one.kind() == kind)
                .toList()
                .indexOf(series);
        String word = kind.name().toLowerCase(Locale.ROOT);
        return switch (kind) {
            case MUXPOOL -> new Ink(word, "", Mark.DOT);
            case LIMIT -> new Ink(word, "3 3", Mark.NONE);
            case VARIANT -> new Ink(word, DASHES.get(index % DASHES.size()), mark(index + 3));
            case PEER -> new Ink(word + (index % PEER_COLOURS + 1), DASHES.get(index % DASHES.size()), mark(index + 1));
        };
    }

    String fill() {
        return "fill-" + colour;
    }

    String stroke() {
        return "stroke-" + colour;
    }

    private static Mark mark(int index) {
        return Mark.values()[index % (Mark.values().length - 1)];
    }
}
