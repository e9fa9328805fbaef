package io.muxpool.internal.lease;

import io.muxpool.Interleavings;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Test;

/** The names of the lock files that this JVM has open. Files are out of Lincheck's reach: see {@link LockFileTest}. */
@Param(name = "thread", gen = ThreadIdGen.class)
public class LockRegistryLincheckTest {
    private static final String NAME = "a lock file";

    // By thread: whether it has the file open.
    private final AtomicIntegerArray has = new AtomicIntegerArray(5);
    private final AtomicInteger open = new AtomicInteger();

    public LockRegistryLincheckTest() {
        // The registry is the JVM's, and the last interleaving may have left it so.
        LockRegistry.free(NAME);
    }

    @Operation
    public boolean open(@Param(name = "thread") int thread) {
        if (!LockRegistry.reserve(NAME)) {
            return false;
        }
        if (open.incrementAndGet() != 1) {
            throw new AssertionError("open twice");
        }
        has.set(thread, 1);
        return true;
    }

    @Operation
    public void close(@Param(name = "thread") int thread) {
        if (has.getAndSet(thread, 0) == 1) {
            open.decrementAndGet();
            LockRegistry.free(NAME);
        }
    }

    @Test
    void nameIsOnesAtATime() {
        Interleavings.ofThree(LockRegistryLincheckTest.class);
    }
}
