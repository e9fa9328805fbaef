package io.muxpool.internal.process;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the answer of {@code ssh -G} depends on, if that is nothing but files that can be looked at: the program, the
 * configurations, and the directories in which others may appear that they include. It is more when a configuration runs
 * commands, looks at the network or takes values from the environment, or when the program is a script; then there is no
 * telling. In doubt there is none either.
 */
final class ConfigSources {
    private static final Path SYSTEM = Path.of("/etc/ssh/ssh_config");
    private static final Path HOME = Path.of(System.getProperty("user.home"));
    private static final Path USER = HOME.resolve(".ssh/config");

    /** As {@code ssh -v} says it of each file (readconf.c). */
    private static final Pattern READING = Pattern.compile("(?m)^debug1: Reading configuration data (.*?)\\r?$");

    private static final Pattern LINE = Pattern.compile("[ \\t\\f\\r]*([A-Za-z0-9]+)[ \\t\\f\\r=]*(.*)");

    /**
     * In options, whose values would have to be looked at as a configuration's lines are, however they are bundled. SetEnv
     * may be a secret, which is not to be kept.
     */
    private static final Pattern DOUBTFUL_WORD = Pattern.compile("(?i)include|match|canonical|setenv|%|\\$\\{");

    /** ssh prints no more of a path, and other bytes than ASCII in its own way (log.c): then it is another's. */
    private static final int MOST_PRINTED = 199;

    /** How compiled programs begin: ELF, and what macOS has, for one processor or several. */
    private static final Set<Integer> COMPILED =
            Set.of(0x7F454C46, 0xFEEDFACE, 0xFEEDFACF, 0xCEFAEDFE, 0xCFFAEDFE, 0xCAFEBABE);

    /** Criteria of Match that look at nothing but names, and whether one has a value. */
    private static final Set<String> WITH_VALUE = Set.of("host", "originalhost", "user", "localuser", "tagged");

    private static final Set<String> WITHOUT_VALUE = Set.of("all", "final", "canonical");

    private final Set<Path> files = new LinkedHashSet<>();

    // Whether what comes next is for every host, and whether all was that sessions need to know.
    private boolean forEveryHost;
    private boolean sameForEveryHost = true;

    private ConfigSources() {}

    /**
     * Finds them.
     *
     * @param words of the ssh command
     * @param chatter what {@code -v} had it say
     */
    static Optional<ConfigSources> of(List<String> words, Path program, String chatter) {
        ConfigSources sources = new ConfigSources();
        try {
            return sources.addAll(words, program, chatter) ? Optional.of(sources) : Optional.empty();
        } catch (IOException | InvalidPathException | DirectoryIteratorException e) {
            return Optional.empty();
        }
    }

    /** All of them, whether they are there or not. */
    Set<Path> files() {
        return files;
    }

    /** Whether ssh would say the same of sessions on any other host: no block for some of them speaks of sessions. */
    boolean areSameForEveryHost() {
        return sameForEveryHost;
    }

    private boolean addAll(List<String> words, Path program, String chatter) throws IOException {
        if (!isCompiled(program) || areDoubtful(words)) {
            return false;
        }
        files.add(program);
        Set<Path> configs = new LinkedHashSet<>();
        Matcher reading = READING.matcher(chatter);
        while (reading.find()) {
            String printed = reading.group(1);
            Path config = Path.of(printed);
            // One that is not there has just been removed, or has another name than was printed.
            if (printed.length() > MOST_PRINTED || printed.indexOf('\\') >= 0 || Files.notExists(config)) {
                return false;
            }
            configs.add(config);
        }
        if (configs.isEmpty()) {
            // Or it was told to be quiet.
            return false;
        }
        if (words.stream().noneMatch(word -> word.startsWith("-F"))) {
            // One that is missing is not spoken of. Where a program built otherwise would look for its system's is
            // unknown.
            if (!configs.contains(SYSTEM)) {
                return false;
            }
            configs.add(USER);
        }
        boolean own = words.contains("-F");
        Path first = configs.iterator().next();
        for (Path config : configs) {
            // Others are included by these, and perhaps for some hosts only.
            forEveryHost = own ? config.equals(first) : config.equals(SYSTEM) || config.equals(USER);
            if (!config.isAbsolute() || !add(config, forEveryHost)) {
                return false;
            }
        }
        return true;
    }

    /** The path behind -F is no option's value. */
    private static boolean areDoubtful(List<String> words) {
        for (int i = 0; i < words.size(); i++) {
            boolean path = i > 0 && words.get(i - 1).equals("-F");
            if (!path && DOUBTFUL_WORD.matcher(words.get(i)).find()) {
                return true;
            }
        }
        return false;
    }

    /** A script's answer may depend on anything. */
    private static boolean isCompiled(Path program) throws IOException {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(program))) {
            return COMPILED.contains(in.readInt());
        }
    }

    private boolean add(Path config, boolean mayBeForEveryHost) throws IOException {
        files.add(config);
        if (Files.notExists(config)) {
            return true;
        }
        // Whatever its encoding: only ASCII matters here.
        for (String line : Files.readString(config, StandardCharsets.ISO_8859_1).split("\n", -1)) {
            if (!addLine(line)) {
                return false;
            }
            forEveryHost &= mayBeForEveryHost;
        }
        return true;
    }

    private boolean addLine(String line) throws IOException {
        String stripped = line.strip();
        if (stripped.isEmpty() || stripped.startsWith("#")) {
            return true;
        }
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches() || line.contains("${")) {
            return false;
        }
        String keyword = matcher.group(1).toLowerCase(Locale.ROOT);
        String value = matcher.group(2);
        if (keyword.equals("host")) {
            forEveryHost = value.strip().equals("*");
        } else if (keyword.equals("match")) {
            forEveryHost = value.strip().equalsIgnoreCase("all");
        } else if (SshConfig.OF_SESSIONS.contains(keyword)) {
            sameForEveryHost &= forEveryHost;
            if (value.indexOf('%') >= 0) {
                // From 10.0 on SetEnv's tokens are replaced: by the host, and by this machine's name.
                return false;
            }
        }
        return switch (keyword) {
            case "include" -> addIncluded(value);
            case "match" -> looksAtNamesOnly(value);
            case "canonicalizehostname" -> value.strip().matches("(?i)no|false");
            default -> true;
        };
    }

    private boolean addIncluded(String patterns) throws IOException {
        if (patterns.matches(".*([\"'\\\\%$]|[^\\x00-\\x7F]).*")) {
            return false;
        }
        for (String pattern : patterns.strip().split("[ \\t\\f\\r=]+", -1)) {
            if (pattern.startsWith("~/")) {
                pattern = HOME + pattern.substring(1);
            }
            if (pattern.startsWith("~")) {
                return false;
            }
            // A relative one is below the user's directory or the system's, by whose configuration it is in; an
            // absolute one stays what it is.
            for (Path base : Set.of(USER, SYSTEM)) {
                if (!addPattern(base.resolveSibling(pattern))) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean addPattern(Path pattern) throws IOException {
        Path directory = pattern.getParent();
        if (directory == null || isGlob(directory)) {
            return false;
        }
        files.add(directory);
        if (!isGlob(pattern)) {
            files.add(pattern);
            return true;
        }
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                for (Path entry : entries) {
                    // What a link leads to may appear elsewhere.
                    if (Files.isSymbolicLink(entry) && Files.notExists(entry)) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    private static boolean isGlob(Path path) {
        return path.toString().matches(".*[*?\\[].*");
    }

    private static boolean looksAtNamesOnly(String criteria) {
        if (criteria.indexOf('"') >= 0) {
            return false;
        }
        String[] words = criteria.strip().split("[ \\t\\f\\r=]+", -1);
        for (int i = 0; i < words.length; i++) {
            String criterion = words[i].replaceFirst("^!", "").toLowerCase(Locale.ROOT);
            if (WITH_VALUE.contains(criterion)) {
                i++;
            } else if (!WITHOUT_VALUE.contains(criterion)) {
                return false;
            }
        }
        return true;
    }
}
