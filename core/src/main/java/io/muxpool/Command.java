package io.muxpool;

import io.muxpool.internal.shell.CommandLine;
import io.muxpool.internal.shell.Shown;
import io.muxpool.internal.text.Printable;
import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * What to run: the words, their environment, and where the three standard streams go. Immutable and thread-safe, but for
 * a stream given to it; each {@code with} method returns a changed copy.
 */
public final class Command {
    private static final Pattern ENV_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private enum Kind {
        WORDS,
        SHELL,
        SUBSYSTEM
    }

    private final Kind kind;
    private final List<String> argv;
    private final Map<String, String> env;
    private final Input stdin;
    private final Output stdout;
    private final Output stderr;
    private final Optional<Pty> pty;
    private final boolean refusesPty;
    private final boolean returnOnExit;
    private final boolean detached;
    private final Level logLevel;
    private final boolean dryRun;
    private final LoginShell loginShell;

    private Command(Draft draft) {
        kind = draft.kind;
        argv = draft.argv;
        env = draft.env;
        stdin = Objects.requireNonNull(draft.stdin);
        stdout = Objects.requireNonNull(draft.stdout);
        stderr = Objects.requireNonNull(draft.stderr);
        pty = draft.pty;
        refusesPty = draft.refusesPty;
        returnOnExit = draft.returnOnExit;
        detached = draft.detached;
        logLevel = Objects.requireNonNull(draft.logLevel);
        dryRun = draft.dryRun;
        loginShell = Objects.requireNonNull(draft.loginShell);
    }

    /** A command in the making, with the defaults, or as a copy of one. */
    private static final class Draft {
        private final Kind kind;
        private final List<String> argv;
        private Map<String, String> env = Map.of();
        private Input stdin = Input.none();
        private Output stdout = Output.capture();
        private Output stderr = Output.capture();
        private Optional<Pty> pty = Optional.empty();
        private boolean refusesPty;
        private boolean returnOnExit;
        private boolean detached;
        private Level logLevel = Level.INFO;
        private boolean dryRun;
        private LoginShell loginShell = LoginShell.UNKNOWN;

        private Draft(Kind kind, List<String> argv) {
            this.kind = kind;
            this.argv = argv;
        }

        private Draft(Command command) {
            this(command.kind, command.argv);
            env = command.env;
            stdin = command.stdin;
            stdout = command.stdout;
            stderr = command.stderr;
            pty = command.pty;
            refusesPty = command.refusesPty;
            returnOnExit = command.returnOnExit;
            detached = command.detached;
            logLevel = command.logLevel;
            dryRun = command.dryRun;
            loginShell = command.loginShell;
        }
    }

    private Command with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return new Command(draft);
    }

    /**
     * A program and its arguments. Each word arrives unchanged, whatever it holds: it is quoted for the login shell of the
     * account, and locally no shell is involved. A word that cannot be given to that shell unchanged makes a {@link
     * NotStartedException}. See {@link Remote.Builder#loginShell}.
     *
     * @throws IllegalArgumentException when there is no word, the program is empty, or a word holds NUL or
     *     half a surrogate pair
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
        argv.forEach(word -> requireText("a command's word", word));
        return new Command(new Draft(Kind.WORDS, List.copyOf(argv)));
    }

    /**
     * A line for the login shell of the remote user, <em>not quoted</em>: pipes, globs and variables work, and so does
     * whatever a careless value in it says. Locally it goes to {@code /bin/sh -c}. Put values in through {@link
     * ShellQuote#single}, which says for which login shells that is right.
     *
     * <p>fish reports status 0 for a line that it cannot parse. Where the login shell is known to be fish, such a line ends
     * with status 123. Where it is not known, and what it wrote was captured, the outcome is unknown ({@link
     * OutcomeUnknownException}) if it wrote nothing but a complaint of fish.
     *
     * @throws IllegalArgumentException when the line is empty, or holds NUL or half a surrogate pair
     */
    public static Command shell(String line) {
        if (line.isBlank()) {
            throw new IllegalArgumentException("a shell line must not be empty");
        }
        requireText("a shell line", line);
        return new Command(new Draft(Kind.SHELL, List.of(line)));
    }

    /**
     * A subsystem of the server, such as {@code sftp}, in place of a command: no shell is involved, and what it says on
     * the two streams is a matter between it and the caller. There are none locally.
     *
     * @param name as the server's {@code Subsystem} lines have it
     * @throws IllegalArgumentException when the name is empty or holds a space or a control character
     */
    public static Command subsystem(String name) {
        if (name.isEmpty() || name.chars().anyMatch(c -> Character.isWhitespace(c) || Character.isISOControl(c))) {
            throw new IllegalArgumentException(
                    "a subsystem's name must not be empty, nor hold spaces or control characters: \""
                            + Printable.of(name) + "\"");
        }
        return new Command(new Draft(Kind.SUBSYSTEM, List.of(name)));
    }

    /** The words; the line alone for {@link #shell}, the name for {@link #subsystem}. Never empty. */
    public List<String> argv() {
        return argv;
    }

    /** Whether this is an unquoted {@link #shell} line. */
    public boolean isShell() {
        return kind == Kind.SHELL;
    }

    /** Whether this is a {@link #subsystem}. */
    public boolean isSubsystem() {
        return kind == Kind.SUBSYSTEM;
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

    /** The terminal to run in. */
    public Optional<Pty> pty() {
        return pty;
    }

    /** Returns whether the command gets no terminal even if the ssh configuration asks for one. */
    public boolean refusesPty() {
        return refusesPty;
    }

    /** Whether the exit of the command is its end, although its outputs may still be held open. */
    public boolean returnsOnExit() {
        return returnOnExit;
    }

    /** Returns whether background processes of this command survive when the command is killed. */
    public boolean isDetached() {
        return detached;
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
     * Adds a variable. A remote command gets it from {@code env NAME=value ...}, which works whatever the server's {@code
     * AcceptEnv} says; like any argument it can be seen in process lists. Before a {@link #shell} line it is set in the
     * language of the login shell, such as {@code export} or {@code setenv}, so the login shell must be known or is learned
     * first: see {@link Remote.Builder#loginShell}.
     *
     * @throws IllegalArgumentException when the name is not a shell name, the value holds NUL or half a surrogate
     *     pair, or this is a subsystem, which no line could give a variable
     */
    public Command withEnv(String name, String value) {
        if (isSubsystem()) {
            throw new IllegalArgumentException("a subsystem takes no variables: " + Printable.of(name));
        }
        if (!ENV_NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "an environment variable's name must match " + ENV_NAME + ": \"" + Printable.of(name) + "\"");
        }
        requireText("the value of " + name, value);
        Map<String, String> more = new LinkedHashMap<>(env);
        more.put(name, value);
        return with(draft -> draft.env = Collections.unmodifiableMap(more));
    }

    /** Takes standard input from there; default {@link Input#none()}. */
    public Command withStdin(Input stdin) {
        return with(draft -> draft.stdin = stdin);
    }

    /** Sends standard output there; default {@link Output#capture()}. */
    public Command withStdout(Output stdout) {
        return with(draft -> draft.stdout = stdout);
    }

    /** Sends standard error there; default {@link Output#capture()}. */
    public Command withStderr(Output stderr) {
        return with(draft -> draft.stderr = stderr);
    }

    /**
     * Runs in a terminal on the other side; default none. A local command gets none: it is not started.
     *
     * <p>An {@code ssh} process (the transports {@link TransportKind#PROCESS} and {@link TransportKind#PLAIN}) can pass on
     * the terminal's type, but takes size and modes from its own standard input. Without {@link Input#inherit()} of a real
     * terminal the size is 0 by 0, and with {@code PROCESS} all modes are off: bytes pass unchanged, nothing is echoed, and
     * no byte ends the input, until the command says otherwise ({@code stty sane}).
     *
     * @throws IllegalArgumentException for a subsystem, whose bytes a terminal would change
     */
    public Command withPty(Pty pty) {
        if (isSubsystem()) {
            throw new IllegalArgumentException("a subsystem runs in no terminal: " + this);
        }
        return with(draft -> {
            draft.pty = Optional.of(pty);
            draft.refusesPty = false;
        });
    }

    /**
     * Runs in no terminal, also where the ssh configuration asks for one ({@code RequestTTY force}): for a command whose
     * input or output a terminal would change.
     */
    public Command withoutPty() {
        return with(draft -> {
            draft.pty = Optional.empty();
            draft.refusesPty = true;
        });
    }

    /**
     * Whether to return when the command has exited, although something that it left behind may hold its outputs open;
     * default false, wait for their end. What the command itself wrote last may arrive a moment after its exit, and is
     * waited for: until no output has come for 200 ms, at most 2 s while its reader keeps up. What others write later is
     * lost.
     *
     * <p>Only {@link TransportKind#MUX} can choose. An {@code ssh} process always waits for the end of the outputs, unless
     * there is a terminal; a local command never does, because Java closes its pipes when it exits.
     */
    public Command withReturnOnExit(boolean returnOnExit) {
        return with(draft -> draft.returnOnExit = returnOnExit);
    }

    /**
     * Whether what this command starts in the background lives on when the command is killed; default false: a command that
     * is killed is ended whole, daemons that it started included. For a command that starts daemons on purpose. When a
     * command ends by itself, nothing that it started is ever looked for.
     *
     * <p>A kill of such a command reaches its first process and that one's process group, of a local command the tree of
     * processes below the first, and {@link Ending} says no more than that.
     */
    public Command withDetached(boolean detached) {
        return with(draft -> draft.detached = detached);
    }

    /** Logs {@code Executing: ...} at this level; default INFO. */
    public Command withLogLevel(Level logLevel) {
        return with(draft -> draft.logLevel = logLevel);
    }

    /** Only logs {@code Would execute: ...}: starts nothing, opens nothing, and yields status 0 and empty output. */
    public Command withDryRun(boolean dryRun) {
        return with(draft -> draft.dryRun = dryRun);
    }

    /**
     * Writes the line for this login shell, whatever is known of the account: see {@link Remote.Builder#loginShell}, which
     * says it once for all commands of a remote. Default {@link LoginShell#UNKNOWN}: what the remote says, or what is
     * learned there.
     */
    public Command withLoginShell(LoginShell loginShell) {
        return with(draft -> draft.loginShell = loginShell);
    }

    /** The login shell that the line is written for. */
    public LoginShell loginShell() {
        return loginShell;
    }

    /**
     * The line that the login shell on the other side is given: each word quoted on its own, or the shell line as it is. A
     * subsystem's name. It is written for {@link #loginShell()}; while that is unknown, as for a POSIX shell.
     *
     * @throws NotStartedException when it cannot be written for this login shell
     */
    public String remoteLine() {
        return CommandLine.of(this, loginShell);
    }

    /** Nothing that would arrive as something else. */
    private static void requireText(String what, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    what + " must not hold NUL, which no program can be given: \"" + Printable.brief(text) + "\"");
        }
        if (text.codePoints().anyMatch(c -> Character.getType(c) == Character.SURROGATE)) {
            throw new IllegalArgumentException(what
                    + " must not hold half a surrogate pair, which UTF-8 cannot express: \"" + Printable.brief(text)
                    + "\". Pass bytes that are no text on standard input");
        }
    }

    /** The words, quoted; the shell line as it is. Values of variables are left out: they may be secrets. */
    @Override
    public String toString() {
        return Printable.brief(isShell() ? argv.get(0) : Shown.line(argv));
    }
}
