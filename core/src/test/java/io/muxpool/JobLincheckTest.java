package io.muxpool;

import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/** A job's cancel against what is started under it, and what ends, at the same moment. */
public class JobLincheckTest {
    private final Job job = Job.create();
    private final AtomicInteger started = new AtomicInteger();
    private final AtomicInteger killed = new AtomicInteger();

    /** Before its end is registered, as a child is. */
    @Operation
    public void start() {
        started.incrementAndGet();
        job.onCancel(killed::incrementAndGet);
    }

    @Operation
    public void startAndEnd() {
        job.onCancel(() -> {}).close();
    }

    @Operation
    public boolean isCancelled() {
        return job.isCancelled();
    }

    @Operation
    public void cancel() {
        job.cancel();
    }

    @Validate
    public void whatWasStartedIsKilledOnceIfTheJobWasCancelled() {
        int kills = job.isCancelled() ? started.get() : 0;
        if (killed.get() != kills) {
            throw new AssertionError(killed + " kills of " + started);
        }
    }

    @Test
    void noCancelMissesWhatIsBeingStarted() {
        Interleavings.ofTwo(JobLincheckTest.class);
    }
}
