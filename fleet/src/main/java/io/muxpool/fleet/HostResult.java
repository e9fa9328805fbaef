package io.muxpool.fleet;

import io.muxpool.CommandResult;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.JobException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PartialOutput;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;

/** What one host has to say: how the command ended there, and what was captured of its output. Immutable, thread-safe. */
public final class HostResult {
    private final String host;
    private final HostOutcome outcome;
    private final byte[] stdout;
    private final byte[] stderr;
    private final boolean truncated;
    private final Duration elapsed;
    private final boolean reused;

    private HostResult(
            String host,
            HostOutcome outcome,
            byte[] stdout,
            byte[] stderr,
            boolean truncated,
            Duration elapsed,
            boolean reused) {
        this.host = Objects.requireNonNull(host);
        this.outcome = Objects.requireNonNull(outcome);
        this.stdout = stdout;
        this.stderr = stderr;
        this.truncated = truncated;
        this.elapsed = elapsed;
        this.reused = reused;
    }

    static HostResult of(String host, CommandResult result, Duration elapsed) {
        return new HostResult(
                host,
                outcomeOf(result.exit()),
                result.stdout(),
                result.stderr(),
                result.stdoutTruncated() || result.stderrTruncated(),
                elapsed,
                result.reused());
    }

    private static HostResult without(String host, HostOutcome outcome, PartialOutput output, Duration elapsed) {
        return new HostResult(host, outcome, output.stdout(), output.stderr(), false, elapsed, false);
    }

    private static HostOutcome outcomeOf(Exit exit) {
        if (exit instanceof Exit.Exited exited) {
            return new HostOutcome.Exited(exited.code());
        }
        if (exit instanceof Exit.Signalled signalled) {
            return new HostOutcome.Signalled(signalled.name());
        }
        return new HostOutcome.Unknown(exit.toString());
    }

    static HostResult of(String host, Throwable failure, Duration elapsed) {
        String why = Objects.requireNonNullElse(failure.getMessage(), failure.toString());
        if (failure instanceof JobException e) {
            return without(host, outcomeOf(e.ending(), why), e.partialOutput(), elapsed);
        }
        if (failure instanceof OutcomeUnknownException e) {
            return without(host, new HostOutcome.Unknown(why), e.partialOutput(), elapsed);
        }
        // Bad words are refused before anything is done; of anything else nobody knows how far it came.
        HostOutcome outcome = failure instanceof NotStartedException || failure instanceof IllegalArgumentException
                ? new HostOutcome.NotStarted(why)
                : new HostOutcome.Unknown(why);
        return without(host, outcome, PartialOutput.NONE, elapsed);
    }

    private static HostOutcome outcomeOf(Ending ending, String why) {
        return switch (ending.fate()) {
            case NOT_STARTED -> new HostOutcome.NotStarted(why);
            case CONFIRMED_DEAD -> new HostOutcome.Killed(why);
            case FIRST_PROCESS_DEAD, LIVES_ON, NOT_CONFIRMED -> new HostOutcome.Unknown(why);
        };
    }

    static HostResult skipped(String host, String why) {
        return without(host, new HostOutcome.Skipped(why), PartialOutput.NONE, Duration.ZERO);
    }

    /** The same with nothing captured, for whoever keeps the results of many hosts. */
    public HostResult withoutOutput() {
        return new HostResult(
                host, outcome, PartialOutput.NONE.stdout(), PartialOutput.NONE.stderr(), truncated, elapsed, reused);
    }

    /**
     * The same with other outputs, for a caller whose command wrote into streams and who kept what they were given.
     *
     * @param truncated whether the end of one of them is missing
     */
    public HostResult withOutput(byte[] stdout, byte[] stderr, boolean truncated) {
        return new HostResult(host, outcome, stdout.clone(), stderr.clone(), truncated, elapsed, reused);
    }

    /** As the run was given it. */
    public String host() {
        return host;
    }

    /** What became of the command. */
    public HostOutcome outcome() {
        return outcome;
    }

    /** Whether the command is known to have ended with status 0. */
    public boolean success() {
        return outcome.success();
    }

    /** A copy of the captured standard output; what there was, when the command did not come to its end. */
    public byte[] stdout() {
        return stdout.clone();
    }

    /** A copy of the captured standard error. */
    public byte[] stderr() {
        return stderr.clone();
    }

    /** Standard output as UTF-8; malformed bytes become U+FFFD. */
    public String stdoutText() {
        return new String(stdout, StandardCharsets.UTF_8);
    }

    /** Standard error as UTF-8; malformed bytes become U+FFFD. */
    public String stderrText() {
        return new String(stderr, StandardCharsets.UTF_8);
    }

    /** Whether an output was longer than its capture limit, so that its end is missing here. */
    public boolean truncated() {
        return truncated;
    }

    /** Wall time on this host, connecting and retries included; zero when its turn never came. */
    public Duration elapsed() {
        return elapsed;
    }

    /** Whether the command went over a connection that was there before: no handshake was paid. */
    public boolean reused() {
        return reused;
    }

    @Override
    public String toString() {
        return host + ": " + outcome;
    }
}
