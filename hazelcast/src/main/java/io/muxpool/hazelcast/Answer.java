package io.muxpool.hazelcast;

import io.muxpool.CommandResult;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.PartialOutput;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/** What a member says of a task. Exceptions do not cross as such: their classes may be elsewhere, their words may not. */
sealed interface Answer extends Serializable {
    /** The command ended. */
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    record Ran(
            Exit exit,
            byte[] stdout,
            boolean stdoutTruncated,
            byte[] stderr,
            boolean stderrTruncated,
            Duration elapsed,
            boolean reused)
            implements Answer {
        static Ran of(CommandResult result) {
            return new Ran(
                    result.exit(),
                    result.stdout(),
                    result.stdoutTruncated(),
                    result.stderr(),
                    result.stderrTruncated(),
                    result.elapsed(),
                    result.reused());
        }

        CommandResult toResult(List<String> argv) {
            return new CommandResult(
                    argv,
                    exit,
                    new CommandResult.Captured(stdout, stdoutTruncated),
                    new CommandResult.Captured(stderr, stderrTruncated),
                    elapsed,
                    new CommandResult.Route(reused, OptionalLong.empty()));
        }
    }

    /** Nothing of it ran. */
    record NotStarted(String why, boolean retrySafe) implements Answer {}

    /** This member does not take it, and has not begun it; another may. */
    record Declined(String why) implements Answer {}

    /** It was sent, and what became of it is not known. */
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    record Unknown(String why, byte[] stdout, byte[] stderr) implements Answer {
        static Unknown of(String why, PartialOutput output) {
            return new Unknown(why, output.stdout(), output.stderr());
        }
    }

    /** Its job ended first. */
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    record GivenUp(String why, Ending ending, byte[] stdout, byte[] stderr) implements Answer {
        static GivenUp of(String why, Ending ending, PartialOutput output) {
            return new GivenUp(why, ending, output.stdout(), output.stderr());
        }
    }
}
