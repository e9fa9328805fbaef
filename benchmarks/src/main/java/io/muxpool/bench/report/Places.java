package io.muxpool.bench.report;

import io.muxpool.bench.result.Chart.Axis;

/** The places of an axis, in words. */
final class Places {
    private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB"};
    private static final String[] DECIMAL = {"B", "kB", "MB", "GB", "TB"};
    private static final double SMALL = 10_000;

    private Places() {}

    /** As in {@code 20 ms}, {@code 64 KiB} and {@code cold}. */
    static String label(Axis axis, int index) {
        if (!axis.names().isEmpty()) {
            return axis.names().get(index);
        }
        double place = axis.places().get(index);
        return axis.unit().equals("bytes") ? size(place) : Numbers.with(axis.unit(), Numbers.chosen(place));
    }

    /** With what it is, where it stands alone, as in {@code round trip: 20 ms}. A name says that itself. */
    static String head(Axis axis, int index) {
        return axis.names().isEmpty() && !axis.name().isBlank()
                ? axis.name() + ": " + label(axis, index)
                : label(axis, index);
    }

    /** A size as whoever chose it wrote it: 65,536 is 64 KiB, and 200,000,000 is 200 MB. */
    static String size(double bytes) {
        int twos = powers(bytes, 1024);
        int tens = powers(bytes, 1000);
        double inTwos = bytes / Math.pow(1024, twos);
        double inTens = bytes / Math.pow(1000, tens);
        if (twos > 0 && inTwos <= inTens) {
            return Numbers.chosen(inTwos) + " " + BINARY[twos];
        }
        if (tens > 0 || !(bytes >= SMALL)) {
            return Numbers.chosen(inTens) + " " + DECIMAL[tens];
        }
        int about = (int) Math.min(DECIMAL.length - 1, Math.log10(bytes) / 3);
        return Numbers.measured(bytes / Math.pow(1000, about)) + " " + DECIMAL[about];
    }

    /** How often it can be divided without a rest. */
    private static int powers(double bytes, double base) {
        int powers = 0;
        for (double rest = bytes; rest >= base && rest % base == 0 && powers < BINARY.length - 1; rest /= base) {
            powers++;
        }
        return powers;
    }
}
