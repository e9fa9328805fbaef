package io.muxpool.cli.fleet;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names on the {@code Host} lines of an ssh configuration and of what it includes; patterns there name no host. */
final class ConfigHosts {
    /** As ssh's own (readconf.c, READCONF_MAX_DEPTH). */
    private static final int DEEPEST_INCLUDE = 16;

    private static final Pattern LINE = Pattern.compile("\\s*(\\w+)(?:\\s*=\\s*|\\s+)(.*?)\\s*");
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

    private ConfigHosts() {}

    static List<String> matching(Path config, String pattern) {
        Set<String> names = new LinkedHashSet<>();
        try {
            read(config, names, 0);
        } catch (IOException e) {
            throw new IllegalArgumentException("the ssh configuration " + config + " cannot be read: " + e, e);
        }
        Pattern wanted = wildcards(pattern);
        return names.stream().filter(name -> wanted.matcher(name).matches()).toList();
    }

    private static void read(Path config, Set<String> names, int depth) throws IOException {
        if (depth > DEEPEST_INCLUDE) {
            throw new IllegalArgumentException(config + " is included more than " + DEEPEST_INCLUDE
                    + " files deep, which ssh does not read either");
        }
        for (String line : Files.readString(config, StandardCharsets.UTF_8).split("\r?\n", -1)) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                continue;
            }
            List<String> words = words(matcher.group(2));
            switch (matcher.group(1).toLowerCase(Locale.ROOT)) {
                case "host" ->
                    words.stream()
                            .filter(word -> !word.startsWith("!") && word.indexOf('*') < 0 && word.indexOf('?') < 0)
                            .forEach(names::add);
                case "include" -> {
                    for (String word : words) {
                        for (Path file : included(config, word)) {
                            read(file, names, depth + 1);
                        }
                    }
                }
                default -> {
                    // Says how to get to a host, not which there are.
                }
            }
        }
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(text);
        while (matcher.find()) {
            String word = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
            if (word.startsWith("#")) {
                break;
            }
            words.add(word);
        }
        return words;
    }

    /** As ssh_config(5): relative to ~/.ssh, {@code ~} the home, wildcards in the last name; none there is no error. */
    private static Set<Path> included(Path config, String word) throws IOException {
        Path home = Path.of(System.getProperty("user.home"));
        Path path = word.startsWith("~/")
                ? home.resolve(word.substring(2))
                : home.resolve(".ssh").resolve(word);
        Path directory = path.getParent();
        Set<Path> files = new TreeSet<>();
        if (directory == null || !Files.isDirectory(directory)) {
            return files;
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + path.getFileName());
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path file : all) {
                if (matcher.matches(file.getFileName()) && Files.isRegularFile(file) && !file.equals(config)) {
                    files.add(file);
                }
            }
        }
        return files;
    }

    private static Pattern wildcards(String pattern) {
        StringBuilder regex = new StringBuilder();
        pattern.codePoints().forEach(c -> {
            switch (c) {
                case '*' -> regex.append(".*");
                case '?' -> regex.append('.');
                default -> regex.append(Pattern.quote(Character.toString(c)));
            }
        });
        return Pattern.compile(regex.toString());
    }
}
