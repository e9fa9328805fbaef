package io.muxpool;

import io.muxpool.internal.shell.Shown;
import io.muxpool.internal.text.Printable;

/**
 * A command ran to its end and did not end with status 0; thrown by {@link CommandResult#check()}. The result holds its
 * words, its exit and both outputs. Not retried by a {@link RetryPolicy}: whether that is safe only the caller knows.
 */
public final class CommandFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int SHOWN = 2000;

    private final transient CommandResult result;

    /** Says what {@code result} holds. */
    public CommandFailedException(CommandResult result) {
        super(describe(result));
        this.result = result;
    }

    /** The failed command's result. */
    public CommandResult result() {
        return result;
    }

    private static String describe(CommandResult result) {
        StringBuilder text = new StringBuilder()
                .append(Printable.brief(Shown.line(result.argv())))
                .append(": ")
                .append(result.exit());
        append(text, "stderr", result.stderrText());
        append(text, "stdout", result.stdoutText());
        return text.toString();
    }

    /** The end of an output says most about a failure. */
    private static void append(StringBuilder text, String name, String output) {
        String shown = output.strip();
        if (shown.isEmpty()) {
            return;
        }
        boolean cut = shown.length() > SHOWN;
        shown = cut ? shown.substring(shown.length() - SHOWN) : shown;
        text.append(System.lineSeparator()).append(name).append(cut ? " (its end): " : ": ");
        text.append(String.join(
                System.lineSeparator(), shown.lines().map(Printable::of).toList()));
    }
}
