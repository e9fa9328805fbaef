package io.muxpool.cli.demo;

import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Help.Ansi;

/** Horizontal bars for people who look rather than read: three for each line, on one scale that starts at 0. */
final class Chart {
    private static final int WIDTH = 50;
    private static final String[] EIGHTHS = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    private static final double[] PERCENTS = {50, 90, 99};
    private static final String[] COLOURS = {"green", "yellow", "red"};

    private Chart() {}

    static String of(List<Measured> lines) {
        double max = lines.stream().mapToDouble(line -> line.millis(99)).max().orElse(1);
        int names = lines.stream().mapToInt(line -> line.name().length()).max().orElse(0);
        StringBuilder chart = new StringBuilder();
        for (Measured line : lines) {
            for (int i = 0; i < PERCENTS.length; i++) {
                double millis = line.millis(PERCENTS[i]);
                chart.append(String.format("%-" + names + "s  p%d ", i == 0 ? line.name() : "", (int) PERCENTS[i]))
                        .append(Ansi.AUTO.string("@|" + COLOURS[i] + " " + bar(millis / max) + "|@"))
                        .append(' ')
                        .append(millis(millis))
                        .append(System.lineSeparator());
                if (line.count() == 1) {
                    // One command has one latency: its percentiles are all the same.
                    break;
                }
            }
        }
        return chart.toString();
    }

    static String millis(double millis) {
        return String.format(Locale.ROOT, millis < 100 ? "%.1f ms" : "%.0f ms", millis);
    }

    private static String bar(double share) {
        int eighths = (int) Math.max(1, Math.round(share * WIDTH * 8));
        return "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
    }
}
