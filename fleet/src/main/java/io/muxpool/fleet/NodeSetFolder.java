package io.muxpool.fleet;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes hosts short. Each name is a row of texts and numbers; rows that differ in one number alone become one row with both,
 * for one number after the other, the last first: those in front are where racks and sites are.
 */
final class NodeSetFolder {
    private static final Pattern PART = Pattern.compile("[0-9]{1,9}|[^0-9]+");

    /** A number as it is written: 07 is not 7. */
    private record Digits(long value, String text) implements Comparable<Digits> {
        private static final Comparator<Digits> ORDER = Comparator.comparingLong(Digits::value)
                .thenComparingInt(number -> number.text().length());

        static Digits of(String digits) {
            return new Digits(Long.parseLong(digits), digits);
        }

        /** Whether a range that begins with {@code start} and came to {@code before} has this next. */
        boolean follows(Digits before, Digits start) {
            String bare = Long.toString(value);
            int zeros = text.length() - bare.length();
            return value == before.value + 1 && zeros == Math.max(0, start.text.length() - bare.length());
        }

        @Override
        public int compareTo(Digits other) {
            return ORDER.compare(this, other);
        }
    }

    private NodeSetFolder() {}

    static String fold(Collection<String> hosts) {
        // By the texts of a name, which is all that rows may not differ in.
        Map<List<String>, List<List<NavigableSet<Digits>>>> families =
                new TreeMap<>(Comparator.comparing(texts -> String.join("\0", texts)));
        // Brackets within brackets could not be read again.
        List<String> bracketed =
                hosts.stream().filter(host -> host.indexOf('[') >= 0).sorted().toList();
        hosts.stream().filter(host -> host.indexOf('[') < 0).forEach(host -> {
            List<String> texts = new ArrayList<>();
            List<NavigableSet<Digits>> numbers = new ArrayList<>();
            Matcher parts = PART.matcher(host);
            while (parts.find()) {
                String part = parts.group();
                if (part.charAt(0) >= '0' && part.charAt(0) <= '9') {
                    numbers.add(new TreeSet<>(List.of(Digits.of(part))));
                    texts.add("");
                } else {
                    texts.add(part);
                }
            }
            families.computeIfAbsent(texts, key -> new ArrayList<>()).add(numbers);
        });
        List<String> folded = new ArrayList<>();
        families.forEach((texts, rows) -> {
            List<List<NavigableSet<Digits>>> merged = rows;
            int columns = rows.get(0).size();
            for (int column = columns - 1; column >= 0; column--) {
                merged = merge(merged, column);
            }
            merged.sort(Comparator.comparing(NodeSetFolder::first));
            merged.forEach(row -> folded.add(text(texts, row)));
        });
        folded.addAll(bracketed);
        return String.join(",", folded);
    }

    private static String first(List<NavigableSet<Digits>> row) {
        StringBuilder key = new StringBuilder();
        row.forEach(
                numbers -> key.append(String.format("%010d ", numbers.first().value())));
        return key.toString();
    }

    private static List<List<NavigableSet<Digits>>> merge(List<List<NavigableSet<Digits>>> rows, int column) {
        Map<List<NavigableSet<Digits>>, NavigableSet<Digits>> byOthers = new LinkedHashMap<>();
        for (List<NavigableSet<Digits>> row : rows) {
            List<NavigableSet<Digits>> others = new ArrayList<>(row);
            others.remove(column);
            byOthers.computeIfAbsent(others, key -> new TreeSet<>()).addAll(row.get(column));
        }
        List<List<NavigableSet<Digits>>> merged = new ArrayList<>();
        byOthers.forEach((others, numbers) -> {
            List<NavigableSet<Digits>> row = new ArrayList<>(others);
            row.add(column, numbers);
            merged.add(row);
        });
        return merged;
    }

    private static String text(List<String> texts, List<NavigableSet<Digits>> row) {
        StringBuilder name = new StringBuilder();
        int column = 0;
        for (String text : texts) {
            if (text.isEmpty()) {
                name.append(ranges(row.get(column++)));
            } else {
                name.append(text);
            }
        }
        return name.toString();
    }

    private static String ranges(NavigableSet<Digits> numbers) {
        List<String> ranges = new ArrayList<>();
        Digits from = numbers.first();
        Digits to = from;
        for (Digits number : numbers.tailSet(from, false)) {
            if (!number.follows(to, from)) {
                ranges.add(range(from, to));
                from = number;
            }
            to = number;
        }
        ranges.add(range(from, to));
        return numbers.size() == 1 ? ranges.get(0) : "[" + String.join(",", ranges) + "]";
    }

    private static String range(Digits from, Digits to) {
        return from.equals(to) ? from.text() : from.text() + "-" + to.text();
    }
}
