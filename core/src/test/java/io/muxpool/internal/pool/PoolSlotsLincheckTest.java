package io.muxpool.internal.pool;

import io.muxpool.Interleavings;
import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.internal.pool.SlotTable.Line;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Test;

/** A pool's connections and free slots, as if they were taken and given back one after another. */
@Param(name = "thread", gen = ThreadIdGen.class)
public class PoolSlotsLincheckTest {
    private static final int MANY = 16;

    private final Pool pool =
            new Pool(Remote.local(), "slots", new Pool.Options(2, MANY, 0, Duration.ofSeconds(1), 1, null));
    private final Job job = Job.create();
    // Each thread gives back what it has taken itself.
    private final List<Deque<Line<PooledLink>>> taken =
            List.of(new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>());

    @Operation
    public void take(@Param(name = "thread") int thread) {
        taken.get(thread).addLast(pool.take(job));
    }

    @Operation
    public boolean giveBack(@Param(name = "thread") int thread) {
        Line<PooledLink> line = taken.get(thread).pollFirst();
        if (line != null) {
            pool.giveBack(line);
        }
        return line != null;
    }

    @Operation
    public String look() {
        return pool.toString();
    }

    @Test
    void slotsAreCountedAsIfTakenOneAfterAnother() {
        Interleavings.ofTwo(PoolSlotsLincheckTest.class);
    }
}
