package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.LoginShell;
import io.muxpool.internal.shell.CommandLine;
import io.muxpool.internal.sweep.Mark;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Puts a command's mark into its command line, for servers that take no variables. {@code env NAME=value words} means the
 * same to every login shell, but runs programs only: what a shell does by itself stays without a mark. A shell line gets one
 * where its language is known.
 */
final class MarkedLine {
    private static final String ENV = "env ";

    /** Names that login shells run themselves, some of them in another way than the program of that name. */
    private static final Set<String> BUILTINS = Set.of(
            (". : [ alias and begin bg bind break builtin caller case cd command compgen complete compopt continue"
                            + " declare dirs disown echo emit enable end eval exec exit export false fc fg for function"
                            + " functions getopts hash help history if jobs kill let limit local logout mapfile math not or"
                            + " popd print printf pushd pwd read readarray readonly rehash return set setenv shift shopt"
                            + " source string suspend switch test time times trap true type typeset ulimit umask unalias"
                            + " unlimit unset unsetenv until wait whence where which while")
                    .split(" "));

    /** A char takes at most three bytes, and a mark makes the line some 40 bytes longer. */
    private static final int LONGEST = CommandLine.MAX_BYTES / 3 - 100;

    private MarkedLine() {}

    /**
     * A way to mark a line.
     *
     * @param line of the command, without a mark
     * @return makes the line from the mark; null when the line cannot hold one
     */
    static @Nullable UnaryOperator<String> of(Command command, String line) {
        if (command.isSubsystem() || line.length() > LONGEST) {
            return null;
        }
        if (command.isShell()) {
            LoginShell shell = command.loginShell();
            boolean known = shell != LoginShell.UNKNOWN && shell != LoginShell.OTHER;
            return known ? mark -> CommandLine.of(command.withEnv(Mark.VARIABLE, mark), shell) : null;
        }
        if (!command.env().isEmpty()) {
            return mark -> ENV + assignment(mark) + line.substring(ENV.length());
        }
        String program = command.argv().get(0);
        // env takes these for an option and for a variable.
        boolean ambiguous = program.startsWith("-") || program.indexOf('=') >= 0;
        return ambiguous || BUILTINS.contains(program) ? null : mark -> ENV + assignment(mark) + line;
    }

    private static String assignment(String mark) {
        return Mark.VARIABLE + "=" + mark + " ";
    }
}
