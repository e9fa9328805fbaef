package io.muxpool.internal.pool;

import io.muxpool.Interleavings;
import io.muxpool.Job;
import io.muxpool.JobCancelledException;
import io.muxpool.Remote;
import io.muxpool.internal.pool.SlotTable.Line;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/** The queue for a pool's only slot. A slot that is lost, or a waiter that is not woken, shows as a deadlock. */
class PoolQueueLincheckTest {
    /** What all threads of the tests below have in common. */
    public abstract static class OnlySlot {
        final Pool pool = new Pool(Remote.local(), "queue", new Pool.Options(1, 1, 0, Duration.ofSeconds(1), 1, null));
        private final Job endless = Job.create();
        private final AtomicInteger out = new AtomicInteger();

        @Operation
        public boolean use() {
            return useUnder(endless);
        }

        /** Whether it came to that. */
        boolean useUnder(Job job) {
            Line<PooledLink> line;
            try {
                line = pool.take(job);
            } catch (JobCancelledException | IllegalStateException e) {
                return false;
            }
            if (out.incrementAndGet() != 1) {
                throw new AssertionError("the only slot is out twice");
            }
            out.decrementAndGet();
            pool.giveBack(line);
            return true;
        }

        @Validate
        public void everySlotIsBack() {
            String text = pool.toString();
            if (!text.contains("connections 0, free slots 0") && !text.contains("connections 1, free slots 1")) {
                throw new AssertionError(text);
            }
        }
    }

    /** Some of those who wait are cancelled. */
    public static final class Cancelled extends OnlySlot {
        private final Job job = Job.create();

        @Operation
        public boolean useUnderJob() {
            return useUnder(job);
        }

        @Operation
        public void cancel() {
            job.cancel();
        }
    }

    /** The pool is closed. */
    public static final class Closed extends OnlySlot {
        @Operation
        public void close() {
            pool.close(false);
        }
    }

    @Test
    void slotIsGivenOnWhoeverIsCancelled() {
        Interleavings.ofThree(Cancelled.class);
    }

    @Test
    void closingWakesAllWhoWait() {
        Interleavings.ofThree(Closed.class);
    }
}
