package io.muxpool.internal.turn;

import io.muxpool.Interleavings;
import io.muxpool.Job;
import io.muxpool.JobCancelledException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/** One at a time, and nobody waits for ever: a turn that is not passed on shows as a deadlock. */
public class TurnLincheckTest {
    private final Turn turn = new Turn();
    private final Job endless = Job.create();
    private final Job job = Job.create();
    private final AtomicInteger inside = new AtomicInteger();

    @Operation
    public boolean pass() {
        return passUnder(endless);
    }

    @Operation
    public boolean passUnderJob() {
        return passUnder(job);
    }

    @Operation
    public void cancel() {
        job.cancel();
    }

    private boolean passUnder(Job bound) {
        try {
            turn.take(bound, "passing");
        } catch (JobCancelledException e) {
            return false;
        }
        if (inside.incrementAndGet() != 1) {
            throw new AssertionError("two at once");
        }
        inside.decrementAndGet();
        turn.end();
        return true;
    }

    @Test
    void turnIsOnesAtATimeAndPassedOnWhateverIsCancelled() {
        Interleavings.ofThree(TurnLincheckTest.class);
    }
}
