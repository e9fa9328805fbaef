package io.muxpool.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.ColorScheme;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.TextTable;

/** A table as wide as its widest cells; its head bold on a terminal. */
public final class Table {
    private static final int GAP = 2;

    private final List<String[]> rows = new ArrayList<>();

    private Table(String[] head) {
        rows.add(head);
    }

    /** A table with these column heads. */
    public static Table of(String... head) {
        return new Table(head);
    }

    /** Adds a row, of as many cells as the head has. */
    public Table row(String... cells) {
        rows.add(cells);
        return this;
    }

    @Override
    public String toString() {
        Column[] columns = new Column[rows.get(0).length];
        for (int i = 0; i < columns.length; i++) {
            int column = i;
            int width =
                    rows.stream().mapToInt(row -> row[column].length()).max().orElse(0);
            columns[i] = new Column(width + GAP, 0, Column.Overflow.SPAN);
        }
        ColorScheme colours = new ColorScheme.Builder(Ansi.AUTO).build();
        TextTable table = TextTable.forColumns(colours, columns);
        boolean head = true;
        for (String[] row : rows) {
            Ansi.Text[] cells = new Ansi.Text[row.length];
            for (int i = 0; i < row.length; i++) {
                cells[i] = head ? colours.ansi().new Text("@|bold " + row[i] + "|@") : colours.text(row[i]);
            }
            table.addRowValues(cells);
            head = false;
        }
        return table.toString();
    }
}
