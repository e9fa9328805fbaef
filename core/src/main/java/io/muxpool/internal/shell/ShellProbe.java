package io.muxpool.internal.shell;

import io.muxpool.Command;
import io.muxpool.LoginShell;
import io.muxpool.Output;
import java.lang.System.Logger.Level;
import java.util.Map;

/**
 * A line whose answer tells login shells apart by how they read it. Every one of them can parse it, it changes nothing, and
 * what it prints depends on the shell's reading of quotes alone, not on what the account calls its shell.
 */
public final class ShellProbe {
    private static final String MARK = "muxpool/";

    // The last word shows whether the shell leaves alone what stands in single quotes: sash runs what is in $().
    private static final String LINE =
            "printf '" + MARK + "%s/%s/%s/%s/%s/%s/%s/' '\\\\' '\\!' 'a''b' \\'x\\' \"q\" a,b '$HOME$(echo)`echo`'";

    /** What was measured; see ShellProbeTest. Any other answer is a shell that nobody has tried. */
    private static final Map<String, LoginShell> ANSWERS = Map.of(
            "\\\\/\\!/ab/'x'/q/a,b/$HOME$(echo)`echo`/", LoginShell.POSIX,
            // zsh with the option RC_QUOTES
            "\\\\/\\!/a'b/'x'/q/a,b/$HOME$(echo)`echo`/", LoginShell.POSIX,
            "\\/\\!/ab/'x'/q/a,b/$HOME$(echo)`echo`/", LoginShell.FISH,
            "\\\\/!/ab/'x'/q/a,b/$HOME$(echo)`echo`/", LoginShell.CSH,
            // tcsh with the variable backslash_quote
            "\\/!/ab/'x'/q/a,b/$HOME$(echo)`echo`/", LoginShell.CSH,
            "\\\\/\\!/a'b/\\x\\/\"q\"/a,b/$HOME$(echo)`echo`/", LoginShell.RC,
            "\\\\/\\!/a'b/\\x\\/q/a,b/$HOME$(echo)`echo`/", LoginShell.ELVISH);

    private ShellProbe() {}

    /** The command to run. */
    public static Command command() {
        return Command.shell(LINE)
                .withLogLevel(Level.DEBUG)
                .withStdout(Output.capture(64 * 1024))
                .withStderr(Output.capture(1024));
    }

    /**
     * Reads what the command wrote to standard output.
     *
     * @return {@link LoginShell#OTHER} when no known shell says that
     */
    public static LoginShell read(String stdout) {
        // A start file may have printed something before.
        int mark = stdout.lastIndexOf(MARK);
        String answer = mark < 0 ? "" : stdout.substring(mark + MARK.length());
        return ANSWERS.getOrDefault(answer, LoginShell.OTHER);
    }
}
