package io.muxpool.internal.shell;

import io.muxpool.Command;
import io.muxpool.LoginShell;
import io.muxpool.NotStartedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes a command as the line that the server gives to the login shell. The only place that does. */
public final class CommandLine {
    /**
     * The most bytes of a line. Linux gives no program an argument of 128 KiB, and the line is one argument of the login
     * shell. It also keeps the request far below 256 KiB, where a ControlMaster closes the whole connection.
     */
    public static final int MAX_BYTES = 128 * 1024 - 1;

    /** csh takes no word of more than 8185 bytes, Plan 9's rc none of more than 8191. */
    private static final int LONGEST_WORD = 8000;

    /** Words that some login shell takes for a word of its language where a program's name is expected, even in quotes. */
    private static final Set<String> KEYWORDS = Set.of(
            // POSIX, bash, ksh, zsh
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
            "coproc",
            "repeat",
            "foreach",
            "end",
            "nocorrect",
            "namespace",
            // fish
            "and",
            "or",
            "not",
            "begin",
            "switch",
            // csh
            "default",
            "breaksw",
            "endsw",
            "endif",
            "goto",
            "onintr",
            // rc
            "fn",
            // elvish
            "coalesce",
            "del",
            "pragma",
            "tmp",
            "try",
            "use",
            "var",
            "with");

    private CommandLine() {}

    /** Whether the line is another one for some login shell, so that the shell has to be known before it is sent. */
    public static boolean dependsOnShell(Command command) {
        if (command.isSubsystem()) {
            return false;
        }
        if (command.isShell()) {
            return !command.env().isEmpty();
        }
        List<String> words = command.argv();
        for (int i = 0; i < words.size(); i++) {
            if (Quoting.dependsOnShell(words.get(i))) {
                return true;
            }
        }
        if (!command.env().isEmpty()) {
            for (String value : command.env().values()) {
                if (Quoting.dependsOnShell(value)) {
                    return true;
                }
            }
        }
        // xonsh and python take a quoted name alone for an expression, and report success.
        return !isPlainName(words.get(0));
    }

    private static boolean isPlainName(String program) {
        return program.charAt(0) != '-' && Quoting.isBare(program);
    }

    /**
     * Why the command cannot be written for the shell, as the end of a sentence.
     *
     * @return null when it can
     */
    public static @Nullable String obstacle(Command command, LoginShell shell) {
        if (shell == LoginShell.OTHER && dependsOnShell(command)) {
            return command.isShell()
                    ? "it has variables, and how to set them is not known for this login shell"
                    : "it has a word or a variable that login shells read in different ways, and how this one reads it is not"
                            + " known";
        }
        if (shell == LoginShell.RC && holdsSeparators(command)) {
            return "rc changes the characters U+0001 in words, and U+0001 and U+0002 in variables";
        }
        if ((shell == LoginShell.CSH || shell == LoginShell.RC) && hasTooLongWord(command, shell)) {
            return "csh and rc take no word of more than " + LONGEST_WORD + " bytes";
        }
        return null;
    }

    /** rc keeps lists in variables, separated by U+0001; that of Plan 9 drops it from words, too. */
    private static boolean holdsSeparators(Command command) {
        return (!command.isShell() && command.argv().stream().anyMatch(word -> word.indexOf('\u0001') >= 0))
                || command.env().values().stream()
                        .anyMatch(value -> value.indexOf('\u0001') >= 0 || value.indexOf('\u0002') >= 0);
    }

    private static boolean hasTooLongWord(Command command, LoginShell shell) {
        List<String> words = command.isShell() ? List.copyOf(command.env().values()) : words(command);
        for (String word : words) {
            if (word.length() > LONGEST_WORD / 6) {
                StringBuilder quoted = new StringBuilder();
                Quoting.append(quoted, word, shell);
                if (bytes(quoted.toString()) > LONGEST_WORD) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * The line for the shell: each word quoted on its own, the shell line as it is, behind what sets its variables. A
     * subsystem's name.
     *
     * @throws NotStartedException when it cannot be written for the shell: see {@link #obstacle}
     */
    public static String of(Command command, LoginShell shell) {
        if (command.isSubsystem()) {
            return command.argv().get(0);
        }
        // What UNKNOWN takes is what POSIX takes: who sends it has looked at dependsOnShell before.
        @Nullable String obstacle = shell == LoginShell.UNKNOWN || shell == LoginShell.POSIX ? null : obstacle(command, shell);
        if (obstacle != null) {
            throw new NotStartedException(command + " was not started: " + obstacle, false, null);
        }
        StringBuilder line = new StringBuilder(64);
        if (command.isShell()) {
            appendShellLine(line, command, shell);
        } else {
            appendWords(line, command, shell);
        }
        return line.toString();
    }

    private static void appendWords(StringBuilder line, Command command, LoginShell shell) {
        List<String> words = words(command);
        String first = words.get(0);
        if (KEYWORDS.contains(first)) {
            // env looks for a program and for nothing else.
            line.append("env ").append(first);
        } else if (first.charAt(0) == '-') {
            // sshd runs `SHELL -c LINE`, and bash takes a line that starts with a dash for an option.
            Quoting.appendQuoted(line, first, shell);
        } else {
            Quoting.append(line, first, shell);
        }
        for (int i = 1; i < words.size(); i++) {
            line.append(' ');
            Quoting.append(line, words.get(i), shell);
        }
    }

    /** The words with {@code env NAME=value} in front when there are variables. */
    private static List<String> words(Command command) {
        if (command.env().isEmpty()) {
            return command.argv();
        }
        List<String> words = new ArrayList<>();
        words.add("env");
        command.env().forEach((name, value) -> words.add(name + "=" + value));
        if (command.argv().get(0).indexOf('=') >= 0) {
            // env would take such a program for one more variable; a shell runs it by its name.
            words.addAll(List.of("sh", "-c", "exec \"$0\" \"$@\""));
        }
        words.addAll(command.argv());
        return words;
    }

    private static void appendShellLine(StringBuilder line, Command command, LoginShell shell) {
        command.env().forEach((name, value) -> appendVariable(line, name, value, shell));
        if (shell == LoginShell.FISH) {
            // fish reports success for a line that it cannot parse, but 123 for an eval of it.
            line.append("eval ");
            Quoting.appendQuoted(line, command.argv().get(0), shell);
        } else {
            line.append(command.argv().get(0));
        }
    }

    /** In the language of the shell, which runs nothing when the variable cannot be set. */
    private static void appendVariable(StringBuilder line, String name, String value, LoginShell shell) {
        switch (shell) {
            case FISH -> line.append("set -gx ").append(name).append(' ');
            case CSH -> line.append("setenv ").append(name).append(' ');
            case ELVISH -> line.append("set-env ").append(name).append(' ');
            case RC -> line.append(name).append('=');
            default -> line.append("export ").append(name).append('=');
        }
        Quoting.appendQuoted(line, value, shell);
        switch (shell) {
            case FISH -> line.append("; or exit; ");
            case CSH, ELVISH, RC -> line.append("; ");
            default -> line.append(" || exit; ");
        }
    }

    /**
     * The line again, when it is short enough to be sent.
     *
     * @throws NotStartedException when it is not
     */
    public static String requireSendable(String line) {
        // A char takes at most three bytes.
        if (line.length() > MAX_BYTES / 3) {
            int bytes = bytes(line);
            if (bytes > MAX_BYTES) {
                throw new NotStartedException(
                        "the command line has " + bytes + " bytes, and at most " + MAX_BYTES
                                + " can be sent. Pass the data on standard input",
                        false,
                        null);
            }
        }
        return line;
    }

    /**
     * Checks a variable that is sent in a request of its own.
     *
     * @throws NotStartedException when it is too long to be sent, or to be in a program's environment there
     */
    public static void requireSendable(String name, String value) {
        int chars = name.length() + 1 + value.length();
        if (chars > MAX_BYTES / 3 && bytes(name) + 1 + bytes(value) > MAX_BYTES) {
            throw new NotStartedException(
                    "the variable " + name + " of SendEnv or SetEnv has more than " + MAX_BYTES
                            + " bytes, and no more can be sent. Take it out of the ssh configuration for this host, or unset"
                            + " it",
                    false,
                    null);
        }
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
