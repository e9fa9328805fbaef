package io.muxpool.internal.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The wall clock is set while leases are taken and held. */
@Timeout(120)
class ClockJumpTest {
    private static final Duration PERSIST = Duration.ofMinutes(10);
    private static final int THREADS = 8;
    private static final int ROUNDS = 200;
    private static final int YEAR = 365 * 24 * 60;

    @RegisterExtension
    static final LeakCheck LEAKS = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private final LeaseStore store = new LeaseStore(temp.resolve("r"), "p", "d", PERSIST, now::get);

    @AfterEach
    void deleteDirectory() {
        temp.close();
    }

    @Test
    void leaseStaysExclusiveAndItsSocketInPlaceWhileTheClockJumpsYears() throws Exception {
        Lease held = store.acquire();
        UnixSockets.make(held.socket());
        Set<Path> taken = ConcurrentHashMap.newKeySet();
        taken.add(held.socket());
        Set<Path> seen = ConcurrentHashMap.newKeySet();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> running = new ArrayList<>();
            IntStream.range(0, THREADS)
                    .forEach(i -> running.add(threads.submit(() -> {
                        Random random = new Random(i);
                        for (int round = 0; round < ROUNDS; round++) {
                            now.set(Instant.now().plus(Duration.ofMinutes(random.nextInt(2 * YEAR) - YEAR)));
                            Lease lease = store.acquire();
                            assertThat(taken.add(lease.socket()))
                                    .as("taken by one alone")
                                    .isTrue();
                            if (seen.add(lease.socket())) {
                                UnixSockets.make(lease.socket());
                            }
                            assertThat(lease.socket()).exists();
                            taken.remove(lease.socket());
                            lease.release();
                        }
                    })));
            for (Future<?> one : running) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(held.socket()).exists();
        assertThat(taken).containsExactly(held.socket());
        held.release();
        assertThat(seen).as("some were pruned as too old").hasSizeGreaterThan(THREADS);
    }

    @Test
    void warmMasterIsTriedUntilItIsAMomentTooOld() throws IOException {
        Lease first = store.acquire();
        UnixSockets.make(first.socket());
        first.release();
        Instant touched = Instant.ofEpochSecond(1_700_000_000);
        Files.setLastModifiedTime(first.socket(), FileTime.from(touched));
        Instant last = touched.plus(Duration.ofMinutes(90));
        now.set(last);
        Lease second = store.acquire();
        assertThat(second.socket()).isEqualTo(first.socket());
        second.release();
        now.set(last.plusNanos(1));
        Lease third = store.acquire();
        assertThat(third.socket()).isNotEqualTo(first.socket());
        third.discard();
    }

    @Test
    void clockSetBackAndForthCostsNoWarmMasterThatIsYoung() {
        Lease first = store.acquire();
        UnixSockets.make(first.socket());
        first.release();
        now.set(Instant.now().minus(Duration.ofDays(400)));
        Lease second = store.acquire();
        assertThat(second.socket()).isEqualTo(first.socket()).exists();
        second.release();
        now.set(Instant.now().plus(Duration.ofMinutes(80)));
        Lease third = store.acquire();
        assertThat(third.socket()).isEqualTo(first.socket()).exists();
        third.discard();
    }
}
