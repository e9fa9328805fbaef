package io.muxpool.stress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.muxpool.TransportKind;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/**
 * Whatever a server does behind a real ssh, each call ends within its time, with a result or an exception that is announced,
 * and tells the truth; nothing is left of it, and others do not notice.
 */
class ServerFuzzTest {
    /** Threads and descriptors that are kept for reuse may be a few more at one time than at another; what leaks has no bound. */
    private static final int SPARE = 20;

    /** What an encounter may keep in memory has no bound, either. */
    private static final long HEAP = 64 << 20;

    /** How often is looked at what takes time. */
    private static final int RARELY = 200;

    /** A master answers in less, and an ssh client that comes to it starts in less; one with nothing to say takes as long. */
    private static final Duration A_MOMENT = Duration.ofMillis(60);

    /** Enough to start a master; silence takes as long. */
    private static final Duration TIMEOUT = Duration.ofMillis(500);

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static Theatre theatre;
    private static int threads;
    private static int descriptors;
    private static long heap;
    private static long encounters;

    @BeforeAll
    static void begin() throws Exception {
        theatre = new Theatre();
        // Masters of both stages, and what the JDK keeps.
        for (TransportKind transport : List.of(TransportKind.MUX, TransportKind.PROCESS)) {
            theatre.encounter(new Play(ServerSeed.polite(transport).toBytes(), PATIENCE), PATIENCE);
        }
        threads = Leftovers.threads();
        descriptors = Leftovers.descriptors().size() - theatre.masters();
        heap = Leftovers.heap();
    }

    /** Behind Jazzer's agent, which opens something of its own. */
    @BeforeEach
    void watch() {
        theatre.watch();
    }

    @AfterAll
    static void end() {
        System.out.printf("%d encounters, %d masters started%n", encounters, theatre.starts());
        theatre.close();
    }

    @FuzzTest
    void whateverAServerDoesEachCallEndsInTimeAndTellsTheTruth(byte[] bytes) throws Exception {
        encounters++;
        theatre.encounter(new Play(bytes, A_MOMENT), TIMEOUT);
        requireNothingLeft();
    }

    private static void requireNothingLeft() {
        await(() -> Leftovers.threads() <= threads + SPARE, "threads");
        // Each master has one connection to the server here.
        await(() -> Leftovers.descriptors().size() - theatre.masters() <= descriptors + SPARE, "sockets and pipes");
        if (encounters % RARELY == 0) {
            await(() -> theatre.processes() <= theatre.masters() + 1, "processes of ssh");
            assertThat(Leftovers.heap()).as("bytes of heap").isLessThan(heap + HEAP);
        }
    }

    private static void await(BooleanSupplier condition, String what) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start).as(what + " are left behind").isLessThan(PATIENCE.toNanos());
            LockSupport.parkNanos(POLL_NANOS);
        }
    }
}
