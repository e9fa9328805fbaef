package io.muxpool.internal.process;

import io.muxpool.Command;
import io.muxpool.Job;
import io.muxpool.NotStartedException;
import io.muxpool.Remote;
import io.muxpool.internal.stream.StreamFailedException;
import io.muxpool.internal.sweep.Mark;
import io.muxpool.internal.text.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the user's configuration and a remote's own options come to for that remote, as {@code ssh -G} says it: with every
 * Host and Match block applied. Connects nowhere, but runs what a {@code Match exec} asks for. Immutable, thread-safe.
 *
 * <p>A configuration that cannot be read has a {@link #failure()}, and nothing else to ask it for.
 */
public final class SshConfig {
    // ssh prints no, or in some places false; never both meanings.
    private static final Set<String> NO = Set.of("no", "false", "none");

    /** Who commands run as, which decides how they can be killed. */
    private static final String USER = "user";

    /** What a session needs to know of it. */
    static final Set<String> OF_SESSIONS =
            Set.of("setenv", "sendenv", "requesttty", "remotecommand", "forwardagent", "forwardx11", "stdinnull");

    /** A proxy command that logs in to a jump host, the same for all hosts behind it: {@code -G} leaves its %h as it is. */
    private static final Pattern SSH_PROXY = Pattern.compile("(^|[ /])ssh .*-W ?\\[?%h\\]?:%p");

    /** What {@code -v} adds to what went wrong. */
    private static final Pattern CHATTER = Pattern.compile("(?m)^(debug[1-3]: |OpenSSH_[0-9]).*$\\R?");

    // Each keyword in lower case with all its lines, in order.
    private final Map<String, List<String>> values;
    private final Optional<Path> controlPath;
    private final Optional<String> failure;

    private SshConfig(Map<String, List<String>> values, Optional<Path> controlPath, Optional<String> failure) {
        this.values = values;
        this.controlPath = controlPath;
        this.failure = failure;
    }

    /**
     * Runs {@code ssh -G}: one process, and what it takes to start one. It also tells which ssh this is:
     * {@link SshVersion#of} asks nobody then.
     *
     * @throws io.muxpool.JobException when the job ends first
     */
    public static SshConfig read(Remote remote, Job job) {
        return ask(remote, job).config;
    }

    /**
     * What came of asking.
     *
     * @param said by ssh of itself, above all its version and what it read
     */
    record Answer(SshConfig config, String said) {}

    /** The words of the question, but for the host. With -v ssh says which version it is, too, first of all. */
    static List<String> words(Remote remote) {
        List<String> words = remote.withoutYieldingDefaults().sshOptions(null);
        words.addAll(List.of("-v", "-G"));
        return words;
    }

    static Answer ask(Remote remote, Job job) {
        return ask(remote, words(remote), remote.userHost().orElseThrow(), job);
    }

    /** Asks with other words, for a jump host. */
    static Answer ask(Remote remote, List<String> options, String host, Job job) {
        List<String> words = new ArrayList<>(options);
        if (words.stream().anyMatch(word -> word.indexOf('\n') >= 0)) {
            return new Answer(failed("an option holds a line break, which ssh -G cannot show"), "");
        }
        words.add(host);
        try {
            Child.Ended ended = Child.run(
                    UserEnvironment.builder(words),
                    Command.of("ssh"),
                    job,
                    "reading the ssh configuration of " + remote,
                    Child.Role.PREPARATION);
            String said = new String(ended.stderr().bytes(), StandardCharsets.UTF_8);
            SshVersion.heard(remote.sshProgram(), said);
            return new Answer(of(ended, said), said);
        } catch (IOException | StreamFailedException | NotStartedException e) {
            return new Answer(failed(String.valueOf(e.getMessage())), "");
        }
    }

    /** Each keyword in lower case with all its lines. */
    Map<String, List<String>> values() {
        return values;
    }

    /** The same for another host name, where the configuration makes no difference between the two. */
    SshConfig ofAnotherHost(String host, boolean isAlsoHostName) {
        Map<String, List<String>> others = new LinkedHashMap<>(values);
        others.computeIfPresent("host", (key, lines) -> List.of(host));
        if (isAlsoHostName) {
            others.put("hostname", List.of(host.toLowerCase(Locale.ROOT)));
        }
        return new SshConfig(others, Optional.empty(), Optional.empty());
    }

    /** Names for the servers that a host and its jump hosts are: resolved host and port; ssh as a proxy command counts. */
    static List<String> servers(List<SshConfig> hops) {
        List<String> servers = new ArrayList<>();
        for (SshConfig hop : hops) {
            servers.add(hop.hostName() + " " + hop.port());
            first(hop.values, "proxycommand")
                    .filter(command -> SSH_PROXY.matcher(command).find())
                    .ifPresent(servers::add);
        }
        return servers.stream().distinct().toList();
    }

    /** The lines that sessions need to know, for {@link #ofSessions} to read again. */
    String sessionLines() {
        StringBuilder text = new StringBuilder();
        values.forEach((key, lines) -> {
            if (OF_SESSIONS.contains(key) || key.equals(USER)) {
                lines.forEach(line -> text.append(key).append(' ').append(line).append('\n'));
            }
        });
        return text.toString();
    }

    /** One that knows nothing but what sessions need. */
    static SshConfig ofSessions(String lines) {
        return new SshConfig(values(lines), Optional.empty(), Optional.empty());
    }

    private static SshConfig of(Child.Ended ended, String said) {
        if (ended.status() != 0) {
            String complaint = CHATTER.matcher(said).replaceAll("").strip();
            return failed(complaint.isEmpty() ? "ssh -G ended with status " + ended.status() : Printable.of(complaint));
        }
        try {
            return parse(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(ended.stdout().bytes()))
                    .toString());
        } catch (CharacterCodingException e) {
            return failed("it is not UTF-8 text");
        }
    }

    static SshConfig parse(String text) {
        Map<String, List<String>> values = values(text);
        if (!values.containsKey("hostname")) {
            return failed("ssh -G names no host");
        }
        try {
            return new SshConfig(
                    values,
                    first(values, "controlpath").filter(SshConfig::isSome).map(Path::of),
                    Optional.empty());
        } catch (InvalidPathException e) {
            return failed("ControlPath is no path in this JVM's locale: " + Printable.of(e.getInput()));
        }
    }

    /** Each line is a keyword, a space and its value as it is: without quotes, whatever it holds. */
    private static Map<String, List<String>> values(String text) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        for (String line : text.split("\n", -1)) {
            int space = line.indexOf(' ');
            if (space > 0) {
                String key = line.substring(0, space).toLowerCase(Locale.ROOT);
                values.computeIfAbsent(key, k -> new ArrayList<>()).add(line.substring(space + 1));
            }
        }
        return values;
    }

    private static SshConfig failed(String why) {
        return new SshConfig(Map.of(), Optional.empty(), Optional.of(why));
    }

    /** Why there is nothing known; empty when all is well. */
    public Optional<String> failure() {
        return failure;
    }

    /**
     * Why sessions for this remote need the {@code ssh} program, with a clause that names the option; empty when a client
     * of the master's proxy mode can do all that is configured, which it cannot say of a configuration that was not read.
     */
    public Optional<String> needsSshProgram() {
        return needsSshProgram(UserEnvironment.get("DISPLAY"));
    }

    /** @param display null where there is none: ssh itself forwards none then */
    Optional<String> needsSshProgram(@Nullable String display) {
        if (failure.isPresent()) {
            return failure.map(why -> "its ssh configuration cannot be read: " + why);
        }
        if (forwardsAgent()) {
            return Optional.of("it forwards the agent (ForwardAgent, -A)");
        }
        return forwardsX11() && display != null
                ? Optional.of("it forwards X11 (ForwardX11, -X, -Y)")
                : Optional.empty();
    }

    /** The variables of {@code SetEnv}, in order. */
    public Map<String, String> setEnv() {
        Map<String, String> variables = new LinkedHashMap<>();
        for (String line : all("setenv")) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                variables.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return Collections.unmodifiableMap(variables);
    }

    /** The patterns of {@code SendEnv}; what {@code -pattern} takes away is already gone. */
    public List<String> sendEnv() {
        return Collections.unmodifiableList(all("sendenv"));
    }

    /**
     * The variables to send with a session: those of {@code local} that {@code SendEnv} names, and over them those of
     * {@code SetEnv}. Which of them count is the server's {@code AcceptEnv} to say.
     */
    public Map<String, String> environment(Map<String, String> local) {
        List<Pattern> patterns = sendEnv().stream().map(SshConfig::pattern).toList();
        Map<String, String> variables = new LinkedHashMap<>();
        local.forEach((name, value) -> {
            if (patterns.stream().anyMatch(pattern -> pattern.matcher(name).matches())) {
                variables.put(name, value);
            }
        });
        variables.putAll(setEnv());
        // The mark of a command is its own: one that this process has itself would take its place.
        variables.remove(Mark.VARIABLE);
        return Collections.unmodifiableMap(variables);
    }

    /** As ssh's match_pattern: a star for any characters, a question mark for one, the rest literally. */
    private static Pattern pattern(String wildcards) {
        StringBuilder regex = new StringBuilder();
        for (String part : wildcards.split("(?<=[*?])|(?=[*?])", -1)) {
            regex.append(part.equals("*") ? ".*" : part.equals("?") ? "." : Pattern.quote(part));
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }

    /**
     * Whether a command gets a terminal by configuration: with {@code RequestTTY force}, or {@code yes} when there is one
     * on this side.
     */
    public boolean requestsTty(boolean stdinIsTerminal) {
        return switch (one("requesttty").orElse("auto")) {
            case "force" -> true;
            case "yes", "true" -> stdinIsTerminal;
            default -> false;
        };
    }

    /** Whether commands read nothing of this process's own standard input ({@code StdinNull}, {@code -n}). */
    public boolean nullsStdin() {
        return isOn("stdinnull");
    }

    /** The command of {@code RemoteCommand}, which runs when none is given; ssh refuses to have two. */
    public Optional<String> remoteCommand() {
        return one("remotecommand").filter(SshConfig::isSome);
    }

    /** Whether commands run as root. */
    public boolean logsInAsRoot() {
        return one(USER).filter("root"::equals).isPresent();
    }

    /** Whether sessions get at an agent of this side; the value may also be the path of its socket. */
    public boolean forwardsAgent() {
        return isOn("forwardagent");
    }

    /** Whether sessions get at this side's X11 display. */
    public boolean forwardsX11() {
        return isOn("forwardx11");
    }

    /** Whether a connection also makes a network tunnel. */
    public boolean tunnels() {
        return isOn("tunnel");
    }

    /** Where the user's own master has its socket, with {@code ~} and every {@code %} and variable replaced. */
    public Optional<Path> controlPath() {
        requireRead();
        return controlPath;
    }

    /** The name or address to connect to. */
    public String hostName() {
        return one("hostname").orElseThrow();
    }

    /** The port to connect to. */
    public int port() {
        return Integer.parseInt(one("port").orElse("22"));
    }

    /** The user to log in as. */
    public String user() {
        return one("user").orElseThrow();
    }

    private boolean isOn(String key) {
        return one(key).filter(value -> !NO.contains(value)).isPresent();
    }

    private Optional<String> one(String key) {
        requireRead();
        return first(values, key);
    }

    private static Optional<String> first(Map<String, List<String>> values, String key) {
        return values.getOrDefault(key, List.of()).stream().findFirst();
    }

    /** Newer versions leave out what is none, older ones say so. */
    private static boolean isSome(String value) {
        return !value.isEmpty() && !value.equals("none");
    }

    private List<String> all(String key) {
        requireRead();
        return values.getOrDefault(key, List.of());
    }

    private void requireRead() {
        failure.ifPresent(why -> {
            throw new IllegalStateException("the ssh configuration was not read: " + why);
        });
    }
}
