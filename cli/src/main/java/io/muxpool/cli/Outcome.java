package io.muxpool.cli;

import io.muxpool.CommandResult;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.JobCancelledException;
import io.muxpool.JobException;
import io.muxpool.JobTimeoutException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PartialOutput;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a {@code run} ended, in the words and codes that users and scripts see.
 *
 * @param word exited, signalled, timeout, cancelled, not_started or unknown
 * @param exitCode of this process
 * @param code the command's status, when there is one
 * @param signal the signal's name or number, when it died of one
 * @param ending what is known of a command that was given up after its start; null when it was not, or had not started
 * @param message what to tell the user; null when there is nothing to tell
 */
record Outcome(
        String word,
        int exitCode,
        @Nullable Integer code,
        @Nullable String signal,
        @Nullable Ending ending,
        @Nullable String message,
        @Nullable CommandResult result,
        PartialOutput partial) {

    static Outcome of(CommandResult result) {
        Exit exit = result.exit();
        if (exit instanceof Exit.Exited exited) {
            return ended("exited", exit, exited.code(), null, null, result);
        }
        if (exit instanceof Exit.Signalled signalled) {
            return ended("signalled", exit, null, signalled.name(), null, result);
        }
        Exit.Ambiguous ambiguous = (Exit.Ambiguous) exit;
        if (ambiguous.code() == ExitCodes.SSH) {
            return ended("unknown", exit, ambiguous.code(), null, "outcome unknown: " + ambiguous, result);
        }
        // A local child: Java shows a death by signal n as status 128 + n, and hardly a program returns such a status.
        String signal = String.valueOf(ambiguous.code() - 128);
        return ended("signalled", exit, ambiguous.code(), signal, null, result);
    }

    private static Outcome ended(
            String word,
            Exit exit,
            @Nullable Integer code,
            @Nullable String signal,
            @Nullable String message,
            CommandResult result) {
        return new Outcome(word, exit.shellCode(), code, signal, null, message, result, PartialOutput.NONE);
    }

    /**
     * The same outcome, with a message that its output is more than this process can hold.
     *
     * @param kept how many bytes of an output are kept at most
     */
    Outcome tooLarge(int kept) {
        String what =
                "outcome known (" + (result == null ? word : result.exit()) + "), output too large for this heap: "
                        + (kept == 0 ? "not shown" : "the first " + kept + " bytes are kept")
                        + "; send it to standard output (no --json), or allow more with MUXPOOL_JAVA_OPTIONS=-Xmx1g";
        return new Outcome(word, exitCode, code, signal, ending, what, result, partial);
    }

    /** A failure without a result, of the exit code 255. */
    static Outcome failure(String word, String message) {
        return new Outcome(word, ExitCodes.SSH, null, null, null, message, null, PartialOutput.NONE);
    }

    /** The outcome that an exception stands for; empty when it stands for none. */
    static Optional<Outcome> of(RuntimeException e) {
        if (e instanceof NotStartedException) {
            return Optional.of(failed("not_started", ExitCodes.SSH, null, "not started: ", e, PartialOutput.NONE));
        }
        if (e instanceof OutcomeUnknownException unknown) {
            return Optional.of(failed("unknown", ExitCodes.SSH, null, "outcome unknown: ", e, unknown.partialOutput()));
        }
        if (e instanceof JobException job) {
            boolean started = job.commandStarted();
            Ending ending = started ? job.ending() : null;
            String before = started ? "" : "not started: ";
            String word = e instanceof JobTimeoutException
                    ? "timeout"
                    : e instanceof JobCancelledException ? "cancelled" : "unknown";
            int code = e instanceof JobTimeoutException ? ExitCodes.TIMEOUT : ExitCodes.SSH;
            return Optional.of(failed(word, code, ending, before, e, job.partialOutput()));
        }
        return Optional.empty();
    }

    private static Outcome failed(
            String word,
            int exitCode,
            @Nullable Ending ending,
            String before,
            RuntimeException e,
            PartialOutput partial) {
        return new Outcome(word, exitCode, null, null, ending, before + e.getMessage(), null, partial);
    }
}
