package io.muxpool.cli.fleet;

import io.muxpool.cli.LauncherVariables;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The names on the {@code Host} lines of an ssh configuration and of what it includes; patterns there name no host. Which
 * files those are is ssh's to say: it is asked to read the configuration for a host of no meaning ({@code -G}), and tells the
 * files as it reads them.
 */
final class ConfigHosts {
    private static final Pattern READING = Pattern.compile("debug1: Reading configuration data (.*)");
    private static final Pattern LINE = Pattern.compile("\\s*(\\w+)(?:\\s*=\\s*|\\s+)(.*?)\\s*");
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

    /** ssh prints no more of a path. */
    private static final int MOST_PRINTED = 199;

    private ConfigHosts() {}

    /** @param ssh the program */
    static List<String> matching(String ssh, Path config, String pattern) {
        Set<String> names = new LinkedHashSet<>();
        try {
            // Before ssh, which says no more than that it cannot.
            Files.readAllBytes(config);
            for (Path file : read(ssh, config)) {
                addNames(file, names);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("the ssh configuration " + config + " cannot be read: " + e, e);
        }
        Pattern wanted = wildcards(pattern);
        return names.stream().filter(name -> wanted.matcher(name).matches()).toList();
    }

    /** The files in the order in which ssh reads them; a file that is included twice is there twice. */
    private static List<Path> read(String ssh, Path config) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(ssh, "-v", "-G", "-F", config.toString(), "muxpool-lists-hosts.invalid");
        LauncherVariables.remove(builder.environment());
        Process process = builder.redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> said;
        try (BufferedReader words = process.errorReader(StandardCharsets.UTF_8)) {
            said = words.lines().map(String::stripTrailing).toList();
            if (process.waitFor() != 0) {
                throw new IllegalArgumentException("ssh does not take the configuration " + config + ": "
                        + said.stream()
                                .filter(line -> !line.startsWith("debug") && !line.startsWith("OpenSSH_"))
                                .collect(Collectors.joining("; ")));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while ssh read its configuration");
        } finally {
            process.destroyForcibly();
        }
        List<Path> files = new ArrayList<>();
        for (String line : said) {
            Matcher reading = READING.matcher(line);
            if (reading.matches()) {
                String printed = reading.group(1);
                Path file = Path.of(printed);
                if (printed.length() >= MOST_PRINTED || !Files.exists(file)) {
                    throw new IOException("the name of an included file is printed by ssh as " + printed
                            + ", and there is no such file: use a shorter name of ASCII characters");
                }
                files.add(file);
            }
        }
        return files;
    }

    private static void addNames(Path config, Set<String> names) throws IOException {
        for (String line : Files.readString(config, StandardCharsets.UTF_8).split("\r?\n", -1)) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches() && matcher.group(1).equalsIgnoreCase("host")) {
                words(matcher.group(2)).stream()
                        .filter(word -> !word.startsWith("!") && word.indexOf('*') < 0 && word.indexOf('?') < 0)
                        .forEach(names::add);
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
