package io.muxpool.internal.process;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files that the answer of {@code ssh -G} depends on: the program, the configurations, and the directories in which
 * others may appear that they include. The answer depends on more when a configuration runs commands, looks at the network
 * or takes values from the environment, or when the program is a script: then, and in doubt, the files are not the
 * {@linkplain #areWhole whole} of it.
 */
final class ConfigSources {
    private static final Path SYSTEM = Path.of("/etc/ssh/ssh_config");
    private static final Path HOME = Path.of(System.getProperty("user.home"));
    private static final Path USER = HOME.resolve(".ssh/config");

    /** As {@code ssh -v} says it of each file (readconf.c). */
    private static final Pattern READING = Pattern.compile("(?m)^debug1: Reading configuration data (.*?)\\r?$");

    private static final Pattern HOST_NAME = Pattern.compile("(?i)hostname");

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

    /** Keywords to whose lines a default of ours yields. */
    static final Set<String> YIELDED_TO = Set.of("ciphers", "serveraliveinterval", "serveralivecountmax");

    /** Their tokens do no harm: ssh -G shows them as they are written, or what they are for is not looked at. */
    private static final Set<String> TOKENS_ALLOWED =
            Set.of("identityfile", "certificatefile", "proxycommand", "localcommand", "controlpath");

    private final Set<Path> files = new LinkedHashSet<>();
    private final Set<Path> configs = new LinkedHashSet<>();
    private final Map<String, Set<String>> mentions = new HashMap<>();

    // The patterns of every Host line, in order.
    private final List<String> hostLines = new ArrayList<>();
    private final String host;

    // Whether the answer depends on nothing but the files.
    private boolean whole = true;
    // Whether every line that ssh read was seen.
    private boolean allSeen = true;
    // Whether hosts for which the same Host lines match get the same answer.
    private boolean alike = true;

    // Whether the lines at hand may be for the host.
    private boolean active = true;
    private boolean namesHost;

    private ConfigSources(String host) {
        this.host = host;
    }

    /**
     * Finds them.
     *
     * @param words of the ssh command
     * @param host its last word
     * @param chatter what {@code -v} had it say
     */
    static ConfigSources of(List<String> words, String host, Path program, String chatter) {
        ConfigSources sources = new ConfigSources(host.substring(host.lastIndexOf('@') + 1));
        try {
            sources.whole &= isCompiled(program) && !areDoubtful(words);
            sources.namesHost =
                    words.stream().anyMatch(word -> HOST_NAME.matcher(word).find());
            sources.addAll(words, program, chatter);
        } catch (IOException | InvalidPathException | DirectoryIteratorException e) {
            sources.missed();
        }
        return sources;
    }

    /** Whether the answer is the same for as long as all of {@link #files} are. */
    boolean areWhole() {
        return whole;
    }

    /** All of them, whether they are there or not. */
    Set<Path> files() {
        return files;
    }

    /** The configurations among them. */
    List<String> configurations() {
        return configs.stream().map(Path::toString).toList();
    }

    /** The patterns of every Host line; see {@link HostPatterns}. */
    List<String> hostLines() {
        return hostLines;
    }

    /** Whether the answer is the same, but for the name, for every host for which the same Host lines match. */
    boolean areAlike() {
        return whole && alike;
    }

    /** Whether the host's name comes from the configuration, perhaps. */
    boolean nameHost() {
        return namesHost;
    }

    /**
     * Keywords of which the configuration says something for this host, so that a default of ours must not overrule it.
     * {@code ssh -G} alone cannot tell a value that is configured from the same value by default, nor are its defaults the
     * same everywhere: Debian's interval is 300 s with BatchMode.
     */
    Set<String> said(SshConfig config) {
        if (!allSeen) {
            return YIELDED_TO;
        }
        Set<String> said = new TreeSet<>();
        for (String keyword : YIELDED_TO) {
            Set<String> mentioned = mentions.getOrDefault(keyword, Set.of());
            String value = config.values().getOrDefault(keyword, List.of("")).get(0);
            // One that is not the effective value was meant for other hosts.
            if (mentioned.stream().anyMatch(text -> keyword.equals("ciphers") || mayBe(text, value))) {
                said.add(keyword);
            }
        }
        return said;
    }

    /** Whether a configured number or time may be what ssh -G shows; in doubt it may. */
    private static boolean mayBe(String text, String value) {
        return !text.matches("[0-9]+") || !value.matches("[0-9]+") || Integer.parseInt(text) == Integer.parseInt(value);
    }

    private void missed() {
        whole = false;
        allSeen = false;
    }

    private void addAll(List<String> words, Path program, String chatter) throws IOException {
        files.add(program);
        Matcher reading = READING.matcher(chatter);
        while (reading.find()) {
            String printed = reading.group(1);
            Path config = Path.of(printed);
            // One that is not there has just been removed, or has another name than was printed.
            if (printed.length() > MOST_PRINTED || printed.indexOf('\\') >= 0 || Files.notExists(config)) {
                missed();
            } else {
                configs.add(config);
            }
        }
        if (configs.isEmpty()) {
            // Or it was told to be quiet.
            missed();
        }
        if (words.stream().noneMatch(word -> word.startsWith("-F"))) {
            // One that is missing is not spoken of. Where a program built otherwise would look for its system's is
            // unknown.
            whole &= configs.contains(SYSTEM);
            configs.add(USER);
        }
        for (Path config : configs) {
            whole &= config.isAbsolute();
            add(config);
        }
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

    private void add(Path config) throws IOException {
        files.add(config);
        if (Files.notExists(config)) {
            return;
        }
        active = true;
        // Whatever its encoding: only ASCII matters here.
        for (String line : Files.readString(config, StandardCharsets.ISO_8859_1).split("\n", -1)) {
            whole &= addLine(line);
        }
    }

    /** Whether the line depends on nothing but files. */
    private boolean addLine(String line) throws IOException {
        String stripped = line.strip();
        if (stripped.isEmpty() || stripped.startsWith("#")) {
            return true;
        }
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            allSeen = false;
            return false;
        }
        String keyword = matcher.group(1).toLowerCase(Locale.ROOT);
        String value = matcher.group(2).strip();
        if (keyword.equals("host")) {
            alike &= HostPatterns.areSimple(value);
            active = !HostPatterns.areSimple(value) || HostPatterns.match(value, host);
            hostLines.add(value);
        } else if (keyword.equals("match")) {
            alike &= value.equalsIgnoreCase("all");
            active = true;
        } else {
            alike &= value.indexOf('%') < 0 || TOKENS_ALLOWED.contains(keyword);
            namesHost |= active && keyword.equals("hostname");
            if (YIELDED_TO.contains(keyword)) {
                mentions.computeIfAbsent(keyword, key -> new TreeSet<>()).add(seconds(value));
            }
        }
        if (line.contains("${")) {
            return false;
        }
        if (SshConfig.OF_SESSIONS.contains(keyword) && value.indexOf('%') >= 0) {
            // From 10.0 on SetEnv's tokens are replaced: by the host, and by this machine's name.
            return false;
        }
        return switch (keyword) {
            case "include" -> addIncluded(value);
            case "match" -> looksAtNamesOnly(value);
            case "canonicalizehostname" -> value.matches("(?i)no|false");
            default -> true;
        };
    }

    /** A time in ssh's form, such as 1m30s, as its seconds; another text as it is. */
    private static String seconds(String value) {
        if (!value.matches("([0-9]{1,5}[sSmMhHdDwW]?)+")) {
            return value;
        }
        long seconds = 0;
        Matcher part = Pattern.compile("([0-9]+)([a-zA-Z]?)").matcher(value);
        while (part.find()) {
            long unit = switch (part.group(2).toLowerCase(Locale.ROOT)) {
                case "m" -> 60;
                case "h" -> 3600;
                case "d" -> 86400;
                case "w" -> 604800;
                default -> 1;
            };
            seconds += unit * Long.parseLong(part.group(1));
        }
        return seconds > Integer.MAX_VALUE ? value : Long.toString(seconds);
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
