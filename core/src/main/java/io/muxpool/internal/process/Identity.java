package io.muxpool.internal.process;

import io.muxpool.internal.text.Sha256;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a connection leads and as whom it logs in: a name for all that {@code ssh} takes into account. Two connections
 * with the same name are interchangeable.
 *
 * <p>It has two parts. The base is a hash of the resolved configuration, of each jump host too. The inputs are what the
 * configuration only points at, and what may change while it stays the same: key files, the agent, variables. They are
 * looked at each time that {@link #now} is called, which starts no process.
 *
 * <p>What ssh finds out only while it connects is not in it: the address behind a name, and what a ProxyCommand's own
 * files and variables make it do, as far as its command line does not name them.
 *
 * @param base hash of what {@code ssh -G} said
 * @param inputs lines of a kind and a name: {@code env NAME}, {@code socket NAME}, {@code path PATH}, {@code program NAME}
 */
record Identity(String base, List<String> inputs) {
    /** Characters of a name: as many bits as the name of a lease's directory has. */
    private static final int LENGTH = 22;

    private static final String HOME = System.getProperty("user.home");

    /**
     * Keywords that make no difference to where a connection leads, as whom, or under which conditions: what concerns one
     * session, ssh's own output, or how long is tried. A keyword that is not known here makes a difference.
     */
    private static final Set<String> WITHOUT_EFFECT = Set.of(
            "addkeystoagent",
            "batchmode",
            "clearallforwardings",
            "connectionattempts",
            "connecttimeout",
            "controlmaster",
            "controlpath",
            "controlpersist",
            "dynamicforward",
            "enableescapecommandline",
            "escapechar",
            "exitonforwardfailure",
            "fingerprinthash",
            "forkafterauthentication",
            "forwardx11timeout",
            "gatewayports",
            "hashknownhosts",
            "localforward",
            "loglevel",
            "logverbose",
            "numberofpasswordprompts",
            "permitremoteopen",
            "remotecommand",
            "remoteforward",
            "requesttty",
            "sendenv",
            "sessiontype",
            "setenv",
            "stdinnull",
            "streamlocalbindmask",
            "streamlocalbindunlink",
            "syslogfacility",
            "updatehostkeys",
            "visualhostkey",
            "xauthlocation");

    private static final Pattern TOKEN = Pattern.compile("%.");

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{?([A-Za-z_][A-Za-z0-9_]*)\\}?");

    /** Of a host, and of the jump hosts before it, nearest to it first. */
    static Identity of(List<SshConfig> hops, List<String> configurations) {
        StringBuilder text = new StringBuilder();
        Set<String> inputs = new LinkedHashSet<>();
        for (SshConfig hop : hops) {
            Map<String, List<String>> values = hop.values();
            values.forEach((key, lines) -> {
                if (!WITHOUT_EFFECT.contains(key)) {
                    lines.forEach(
                            line -> text.append(key).append(' ').append(line).append('\n'));
                }
            });
            text.append('\n');
            addInputs(values, configurations, inputs);
        }
        return new Identity(Sha256.base64(text.toString()), List.copyOf(inputs));
    }

    private static void addInputs(Map<String, List<String>> values, List<String> configurations, Set<String> inputs) {
        for (String key : List.of("identityfile", "certificatefile")) {
            for (String value : values.getOrDefault(key, List.of())) {
                addVariables(value, inputs);
                String path = expanded(value, values);
                add(inputs, "path", path);
                add(inputs, "path", path + ".pub");
                add(inputs, "path", path + "-cert.pub");
            }
        }
        for (String key : List.of("pkcs11provider", "securitykeyprovider")) {
            one(values, key).ifPresent(value -> add(inputs, "path", value));
        }
        addAgent(one(values, "identityagent").orElse("SSH_AUTH_SOCK"), inputs);
        addAgent(
                one(values, "forwardagent").filter(value -> !value.equals("no")).orElse("none"), inputs);
        if (one(values, "gssapiauthentication")
                .filter(value -> !value.equals("no"))
                .isPresent()) {
            add(inputs, "env", "KRB5CCNAME");
        }
        Optional<String> proxy = one(values, "proxycommand").filter(value -> !value.equals("none"));
        proxy.ifPresent(command -> {
            addVariables(command, inputs);
            addFiles(command, inputs);
            // It may be an ssh, which reads them for another host.
            configurations.forEach(path -> add(inputs, "path", path));
        });
    }

    private static void addAgent(String value, Set<String> inputs) {
        if (value.equals("SSH_AUTH_SOCK") || value.equals("yes") || value.equals("true")) {
            add(inputs, "socket", "SSH_AUTH_SOCK");
        } else if (value.startsWith("$")) {
            add(inputs, "socket", value.substring(1).replaceAll("[{}]", ""));
        }
    }

    private static void addVariables(String text, Set<String> inputs) {
        Matcher variable = VARIABLE.matcher(text);
        while (variable.find()) {
            add(inputs, "env", variable.group(1));
        }
    }

    /** Any word of a command may be a script or a program, by its path or by PATH, or a file that it is given. */
    private static void addFiles(String command, Set<String> inputs) {
        boolean first = true;
        for (String word : command.split("[\\s'\"]+", -1)) {
            if (word.isEmpty() || word.startsWith("-") || word.equals("exec")) {
                continue;
            }
            if (first && word.indexOf('/') < 0) {
                add(inputs, "program", word);
            } else {
                add(inputs, "path", word.startsWith("~/") ? HOME + word.substring(1) : word);
            }
            first = false;
        }
    }

    private static void add(Set<String> inputs, String kind, String name) {
        inputs.add(kind + " " + name);
    }

    /** As ssh does it for the paths that {@code -G} shows unexpanded. One that it cannot expand stays as it is. */
    private static String expanded(String value, Map<String, List<String>> values) {
        String path = value.startsWith("~/") ? HOME + value.substring(1) : value;
        path = TOKEN.matcher(path).replaceAll(found -> {
            String token = found.group();
            return Matcher.quoteReplacement(
                    switch (token) {
                        case "%%" -> "%";
                        case "%d" -> HOME;
                        case "%u" -> System.getProperty("user.name");
                        case "%h" -> one(values, "hostname").orElse(token);
                        case "%n" -> one(values, "host").orElse(token);
                        case "%p" -> one(values, "port").orElse(token);
                        case "%r" -> one(values, "user").orElse(token);
                        default -> token;
                    });
        });
        Matcher variable = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\}").matcher(path);
        return variable.replaceAll(found ->
                Matcher.quoteReplacement(Objects.requireNonNullElse(System.getenv(found.group(1)), found.group())));
    }

    private static Optional<String> one(Map<String, List<String>> values, String key) {
        return values.getOrDefault(key, List.of()).stream().findFirst();
    }

    /** The name, from what the inputs are at this moment. */
    String now() {
        List<String> seen = new ArrayList<>(List.of(base));
        for (String input : inputs) {
            seen.add(input);
            seen.add(look(input));
        }
        return Sha256.base64(String.join("\0", seen)).substring(0, LENGTH);
    }

    private static String look(String input) {
        int space = input.indexOf(' ');
        String name = input.substring(space + 1);
        try {
            return switch (input.substring(0, space).toLowerCase(Locale.ROOT)) {
                case "env" -> variable(name);
                case "socket" -> socket(variable(name));
                case "program" ->
                    Programs.find(name).map(Path::toString).map(Identity::stamp).orElse("none");
                default -> stamp(name);
            };
        } catch (InvalidPathException e) {
            return "no path";
        }
    }

    private static String variable(String name) {
        String value = UserEnvironment.get(name);
        return value == null ? "unset" : "=" + value;
    }

    /** A link of a fixed name may lead to one agent today and to another tomorrow. */
    private static String socket(String value) {
        File file = new File(value.substring(1));
        try {
            return value.startsWith("=/") && file.exists()
                    ? value + " " + file.toPath().toRealPath()
                    : value;
        } catch (IOException e) {
            return value;
        }
    }

    /** Where a file really is and a stamp of its content; the same for every file that is not there. */
    private static String stamp(String name) {
        // Much cheaper than an exception for each of the keys that nobody has.
        File file = new File(name).getAbsoluteFile();
        if (!file.exists()) {
            return "none";
        }
        Path path = file.toPath();
        try {
            Map<String, Object> all = Files.readAttributes(path, "unix:dev,ino,size,lastModifiedTime");
            return path.toRealPath() + " " + all.get("dev") + ":" + all.get("ino") + ":" + all.get("size") + ":"
                    + all.get("lastModifiedTime");
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return path + " " + file.length() + ":" + file.lastModified();
        }
    }
}
