package io.muxpool.bench.report;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.IStyle;
import picocli.CommandLine.Help.Ansi.Style;
import picocli.CommandLine.Help.ColorScheme;

/**
 * A table of figures on a terminal: words to the left, numbers to the right, some rows made to stand out. (The command
 * line's own table knows one look of a row, and aligns all to the left.)
 */
final class Grid {
    private static final String GAP = "  ";

    private record Row(List<String> cells, List<IStyle> styles) {}

    private final List<Row> rows = new ArrayList<>();
    private final int words;

    /** A table whose first columns hold words, and all others numbers. */
    Grid(int words, List<String> head) {
        this.words = words;
        row(head, List.of(Style.bold));
    }

    void row(List<String> cells, List<IStyle> styles) {
        rows.add(new Row(cells, styles));
    }

    String text(Ansi ansi) {
        StringBuilder text = new StringBuilder();
        for (Row row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.cells().size(); i++) {
                String blank = " ".repeat(width(i) - row.cells().get(i).length());
                String cell = row.cells().get(i);
                line.append(GAP).append(i < words ? cell + blank : blank + cell);
            }
            text.append(styled(line.toString().stripTrailing(), row.styles(), ansi))
                    .append('\n');
        }
        return text.toString();
    }

    /** A line in these styles; not parsed: a name may hold what picocli takes for markup. */
    static String styled(String line, List<IStyle> styles, Ansi ansi) {
        return new ColorScheme.Builder(ansi).build().apply(line, styles).toString();
    }

    private int width(int column) {
        return rows.stream()
                .mapToInt(row -> row.cells().get(column).length())
                .max()
                .orElse(0);
    }
}
