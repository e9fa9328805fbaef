package io.muxpool.stress.fuzz;

import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.JobException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.SshException;
import io.muxpool.internal.master.PathUnusableException;
import io.muxpool.internal.transport.SessionNotOpenedException;
import org.jspecify.annotations.Nullable;

/**
 * What a caller was told of a command.
 *
 * @param words an exit, or an exception's class
 * @param mark by which the command is known on the other side
 * @param started whether it may have been
 * @param exit how it ended, if that was told
 * @param dead whether it was given up, and said to have ended all the same
 * @param output how much of its standard output came
 */
record Told(
        String words,
        String mark,
        boolean started,
        @Nullable Exit exit,
        boolean dead,
        long output) {
    /** One call. */
    @FunctionalInterface
    interface Call {
        Errand.Done make() throws Exception;
    }

    /** Makes a call; what nothing announces comes out as it is. */
    static Told by(Call call, String mark) throws Exception {
        try {
            Errand.Done done = call.make();
            String words = done.exit() instanceof Exit.Ambiguous exit
                    ? "ambiguous " + exit.code()
                    : done.exit().toString();
            return new Told(words, mark, true, done.exit(), false, done.output());
        } catch (SessionNotOpenedException | PathUnusableException e) {
            return new Told(nameOf(e), mark, false, null, false, 0);
        } catch (OutcomeUnknownException e) {
            return new Told(
                    nameOf(e), mark, true, null, false, e.partialOutput().stdout().length);
        } catch (SshException e) {
            return new Told(nameOf(e), mark, false, null, false, 0);
        } catch (JobException e) {
            Ending.Fate fate = e.ending().fate();
            return new Told(
                    nameOf(e) + " " + fate,
                    mark,
                    e.commandStarted(),
                    null,
                    fate == Ending.Fate.CONFIRMED_DEAD,
                    e.partialOutput().stdout().length);
        }
    }

    private static String nameOf(Exception e) {
        return e.getClass().getSimpleName();
    }
}
