package io.muxpool.cli.fleet;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Recorder;

/** How long hosts took, as bars that double in width from one to the next. */
final class Histogram {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 180;
    private static final int FOOT = 22;
    private static final int HEAD = 16;

    private final org.HdrHistogram.Histogram micros;

    Histogram(List<Duration> times) {
        Recorder recorder = new Recorder(3);
        times.forEach(time -> recorder.recordValue(Math.max(1, time.toNanos() / 1000)));
        micros = recorder.getIntervalHistogram();
    }

    boolean isEmpty() {
        return micros.getTotalCount() == 0;
    }

    /** Half of the hosts, nine of ten, 99 of 100, and the slowest. */
    String percentiles() {
        return "median " + show(micros.getValueAtPercentile(50)) + ", p90 " + show(micros.getValueAtPercentile(90))
                + ", p99 " + show(micros.getValueAtPercentile(99)) + ", slowest " + show(micros.getMaxValue());
    }

    static String show(long micros) {
        return micros < 1_000_000
                ? String.format(Locale.ROOT, "%.1f ms", micros / 1e3)
                : String.format(Locale.ROOT, "%.2f s", micros / 1e6);
    }

    String svg() {
        int first = log(micros.getMinValue());
        int last = log(micros.getMaxValue());
        int count = last - first + 1;
        long[] counts = new long[count];
        long most = 0;
        for (int i = 0; i < count; i++) {
            long from = 1L << (first + i);
            counts[i] = micros.getCountBetweenValues(from, 2 * from - 1);
            most = Math.max(most, counts[i]);
        }
        int width = WIDTH / Math.max(count, 6);
        StringBuilder svg =
                new StringBuilder("<svg class=\"histogram\" role=\"img\" aria-label=\"How long hosts took\" "
                        + "viewBox=\"0 0 " + WIDTH + " " + HEIGHT + "\">\n");
        for (int i = 0; i < count; i++) {
            int height = (int) Math.round((HEIGHT - FOOT - HEAD) * counts[i] / (double) most);
            int left = i * width;
            int top = HEIGHT - FOOT - height;
            int middle = left + width / 2;
            svg.append("<rect x=\"")
                    .append(left + 1)
                    .append("\" y=\"")
                    .append(top)
                    .append("\" width=\"");
            svg.append(width - 2).append("\" height=\"").append(height).append("\"/>\n");
            if (counts[i] > 0) {
                svg.append("<text x=\"")
                        .append(middle)
                        .append("\" y=\"")
                        .append(top - 4)
                        .append("\">");
                svg.append(counts[i]).append("</text>\n");
            }
            svg.append("<text x=\"")
                    .append(middle)
                    .append("\" y=\"")
                    .append(HEIGHT - 6)
                    .append("\">&lt; ");
            svg.append(show(2L << (first + i))).append("</text>\n");
        }
        return svg.append("</svg>\n").toString();
    }

    private static int log(long value) {
        return 63 - Long.numberOfLeadingZeros(Math.max(1, value));
    }
}
