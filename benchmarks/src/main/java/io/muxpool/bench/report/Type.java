package io.muxpool.bench.report;

import java.util.ArrayList;
import java.util.List;

/** The sizes of letters in a plot. There is no font to measure with, so widths are guessed, and rather too wide. */
enum Type {
    TITLE(14, 0.62),
    HEAD(12.5, 0.62),
    STRONG(12, 0.62),
    LABEL(12, 0.58),
    SMALL(11, 0.58);

    /** From here on are the scripts whose letters are as wide as high. */
    private static final int WIDE = 0x1100;

    private final double size;
    private final double share;

    Type(double size, double share) {
        this.size = size;
        this.share = share;
    }

    double size() {
        return size;
    }

    boolean bold() {
        return this == TITLE || this == HEAD || this == STRONG;
    }

    double width(String text) {
        return size
                * text.codePoints()
                        .mapToDouble(point -> point < WIDE ? share : 1)
                        .sum();
    }

    /** As much of it as there is room for. */
    String fit(String text, double room) {
        if (width(text) <= room) {
            return text;
        }
        int end = text.length();
        while (end > 0 && width(text.substring(0, end) + "…") > room) {
            end = text.offsetByCodePoints(end, -1);
        }
        return text.substring(0, end).stripTrailing() + "…";
    }

    /** In lines that there is room for, broken between words. */
    List<String> wrap(String text, double room) {
        List<String> lines = new ArrayList<>();
        String line = "";
        for (String word : text.strip().split("\\s+", -1)) {
            String longer = line.isEmpty() ? word : line + " " + word;
            if (!line.isEmpty() && width(longer) > room) {
                lines.add(line);
                longer = word;
            }
            line = fit(longer, room);
        }
        lines.add(line);
        return lines;
    }
}
