package io.muxpool;

import io.muxpool.internal.text.Printable;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What to run: the words, their environment, and where the three standard streams go. Immutable and thread-safe, but for
 * a stream given to it; each {@code with} method returns a changed copy.
 */
public final class Command {
    private static final Pattern ENV_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private static final Set<String> SHELL_KEYWORDS = Set.of(
            "if",
            "then",
            "else",
            "elif",
            "fi",
            "do",
            "done",
            "case",
            "esac",
            "while",
            "until",
            "for",
            "in",
            "function",
            "select",
            "time",
            "coproc");

    private final List<String> argv;
    private final boolean shell;
    private final Map<String, String> env;
    private final Input stdin;
    private final Output stdout;
    private final Output stderr;
    private final Level logLevel;
    private final boolean dryRun;

    private Command(
            List<String> argv,
            boolean shell,
            Map<String, String> env,
            Input stdin,
            Output stdout,
            Output stderr,
            Level logLevel,
            boolean dryRun) {
        this.argv = argv;
        this.shell = shell;
        this.env = env;
        this.stdin = Objects.requireNonNull(stdin);
        this.stdout = Objects.requireNonNull(stdout);
        this.stderr = Objects.requireNonNull(stderr);
        this.logLevel = Objects.requireNonNull(logLevel);
        this.dryRun = dryRun;
    }

    /**
     * A program and its arguments. Each word arrives unchanged, whatever it holds: it is quoted for a remote shell, and
     * locally no shell is involved.
     *
     * @throws IllegalArgumentException when there is no word, the program is empty, or a word holds NUL
     */
    public static Command of(String... argv) {
        return of(List.of(argv));
    }

    /** As {@link #of(String...)}. */
    public static Command of(List<String> argv) {
        if (argv.isEmpty()) {
            throw new IllegalArgumentException("a command needs at least one word, the program; got none");
        }
        if (argv.get(0).isEmpty()) {
            throw new IllegalArgumentException("a command's program must not be empty");
        }
        argv.forEach(word -> requireNoNul("a command's word", word));
        return new Command(
                List.copyOf(argv),
                false,
                Map.of(),
                Input.none(),
                Output.capture(),
                Output.capture(),
                Level.INFO,
                false);
    }

    /**
     * A line for the login shell of the remote user, <em>not quoted</em>: pipes, globs and variables work, and so does
     * whatever a careless value in it says. Locally it goes to {@code /bin/sh -c}. Put values in through {@link
     * ShellQuote#single}.
     *
     * @throws IllegalArgumentException when the line is empty or holds NUL
     */
    public static Command shell(String line) {
        if (line.isBlank()) {
            throw new IllegalArgumentException("a shell line must not be empty");
        }
        requireNoNul("a shell line", line);
        return new Command(
                List.of(line), true, Map.of(), Input.none(), Output.capture(), Output.capture(), Level.INFO, false);
    }

    /** The words; the line alone for {@link #shell}. Never empty. */
    public List<String> argv() {
        return argv;
    }

    /** Whether this is an unquoted {@link #shell} line. */
    public boolean isShell() {
        return shell;
    }

    /** Variables added to the environment, in the order they were given. */
    public Map<String, String> env() {
        return env;
    }

    /** Where standard input comes from. */
    public Input stdin() {
        return stdin;
    }

    /** Where standard output goes. */
    public Output stdout() {
        return stdout;
    }

    /** Where standard error goes. */
    public Output stderr() {
        return stderr;
    }

    /** The level of the line logged before the start. */
    public Level logLevel() {
        return logLevel;
    }

    /** Whether this is only to be shown, not run. */
    public boolean isDryRun() {
        return dryRun;
    }

    /**
     * Adds a variable. A remote command gets it from {@code env NAME=value ...} (an {@code export} before a shell line),
     * which works whatever the server's {@code AcceptEnv} says; like any argument it can be seen in process lists.
     *
     * @throws IllegalArgumentException when the name is not a shell name or the value holds NUL
     */
    public Command withEnv(String name, String value) {
        if (!ENV_NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "an environment variable's name must match " + ENV_NAME + ": \"" + Printable.of(name) + "\"");
        }
        requireNoNul("the value of " + name, value);
        Map<String, String> more = new LinkedHashMap<>(env);
        more.put(name, value);
        return new Command(argv, shell, Collections.unmodifiableMap(more), stdin, stdout, stderr, logLevel, dryRun);
    }

    /** Takes standard input from there; default {@link Input#none()}. */
    public Command withStdin(Input stdin) {
        return new Command(argv, shell, env, stdin, stdout, stderr, logLevel, dryRun);
    }

    /** Sends standard output there; default {@link Output#capture()}. */
    public Command withStdout(Output stdout) {
        return new Command(argv, shell, env, stdin, stdout, stderr, logLevel, dryRun);
    }

    /** Sends standard error there; default {@link Output#capture()}. */
    public Command withStderr(Output stderr) {
        return new Command(argv, shell, env, stdin, stdout, stderr, logLevel, dryRun);
    }

    /** Logs {@code Executing: ...} at this level; default INFO. */
    public Command withLogLevel(Level logLevel) {
        return new Command(argv, shell, env, stdin, stdout, stderr, logLevel, dryRun);
    }

    /** Only logs {@code Would execute: ...}: starts nothing, opens nothing, and yields status 0 and empty output. */
    public Command withDryRun(boolean dryRun) {
        return new Command(argv, shell, env, stdin, stdout, stderr, logLevel, dryRun);
    }

    /** The line a remote shell is given: each word quoted on its own, or the shell line as it is. */
    public String remoteLine() {
        if (shell) {
            StringBuilder line = new StringBuilder();
            env.forEach((name, value) -> line.append("export ")
                    .append(name)
                    .append('=')
                    .append(ShellQuote.single(value))
                    .append("; "));
            return line.append(argv.get(0)).toString();
        }
        List<String> words = wordsWithEnv();
        String first = words.get(0);
        String rest = ShellQuote.line(words.subList(1, words.size()));
        return (meansMoreToAShell(first) ? "'" + first + "'" : ShellQuote.single(first))
                + (rest.isEmpty() ? "" : " " + rest);
    }

    /**
     * Whether a word that needs no quotes elsewhere needs them in front: an assignment, a keyword, or an option, since
     * sshd runs {@code shell -c LINE} and bash takes a LINE that starts with a dash for one more option of its own.
     */
    private static boolean meansMoreToAShell(String word) {
        return word.equals(ShellQuote.single(word))
                && (word.startsWith("-") || word.indexOf('=') > 0 || SHELL_KEYWORDS.contains(word));
    }

    /** The words with {@code env NAME=value} in front when there are variables. */
    private List<String> wordsWithEnv() {
        if (env.isEmpty()) {
            return argv;
        }
        List<String> words = new ArrayList<>();
        words.add("env");
        env.forEach((name, value) -> words.add(name + "=" + value));
        if (argv.get(0).indexOf('=') >= 0) {
            // env would take such a program for one more variable; a shell runs it by its name.
            words.addAll(List.of("sh", "-c", "exec \"$0\" \"$@\""));
        }
        words.addAll(argv);
        return words;
    }

    private static void requireNoNul(String what, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    what + " must not hold NUL, which no program can be given: \"" + Printable.of(text) + "\"");
        }
    }

    /** The words, quoted; the shell line as it is. Values of variables are left out: they may be secrets. */
    @Override
    public String toString() {
        return shell ? Printable.of(argv.get(0)) : Printable.of(ShellQuote.line(argv));
    }
}
