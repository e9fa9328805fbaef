package io.muxpool.bench.report;

import java.util.List;
import java.util.Locale;

/** A picture being drawn, as wide as a phone and as high as it gets. Looks are classes of {@code plot.css}. */
final class Sketch {
    static final double WIDTH = 400;
    static final double MARGIN = 8;
    static final double RIGHT = WIDTH - MARGIN;

    enum Anchor {
        START,
        MIDDLE,
        END;

        private final String word = name().toLowerCase(Locale.ROOT);
    }

    private final Markup out = new Markup();

    /** One line of text, with its base line at y. */
    void text(double x, double y, Type type, Anchor anchor, String look, String text) {
        out.element(
                        "text",
                        text,
                        "x",
                        x,
                        "y",
                        y,
                        "font-size",
                        type.size(),
                        "font-weight",
                        type.bold() ? "bold" : "normal",
                        "text-anchor",
                        anchor.word,
                        "class",
                        look)
                .line();
    }

    /** Lines of text, the first one's top at y; answers where the next thing can begin. */
    double paragraph(double y, Type type, String look, List<String> lines) {
        double bottom = y;
        for (String line : lines) {
            text(MARGIN, bottom + type.size(), type, Anchor.START, look, line);
            bottom += type.size() * 1.3;
        }
        return bottom;
    }

    void line(double x1, double y1, double x2, double y2, String look) {
        out.empty("line", "x1", x1, "y1", y1, "x2", x2, "y2", y2, "class", look).line();
    }

    /** A rectangle; what it is shows under the pointer. */
    void bar(double x, double y, double width, double height, String look, String tip) {
        out.open("rect", "x", x, "y", y, "width", width, "height", height, "rx", 1.5, "class", look);
        out.element("title", tip).close().line();
    }

    /** A line through points, as {@code M0 0L10 5}. */
    void path(String d, String look, String dash) {
        out.empty("path", "d", d, "class", look, "stroke-dasharray", dash.isEmpty() ? "none" : dash)
                .line();
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
