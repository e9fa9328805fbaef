package io.muxpool.stress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Whatever a master does, each call ends within its time, with a result or an exception that is announced, and tells the
 * truth; nothing is left of it, and others on the loop do not notice.
 */
class ClientFuzzTest {
    /** Threads that are kept for reuse may be a few more at one time than at another; what leaks has no bound. */
    private static final int SPARE_THREADS = 10;

    /** A client answers in less; one that has nothing to say takes as long, many times a second. */
    private static final Duration A_MOMENT = Duration.ofMillis(5);

    /** Short, since it is what most of a run's time goes to. */
    private static final Duration TIMEOUT = Duration.ofMillis(100);

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Once for each seed, and once for all of a run that fuzzes; what is looked at each time is below. */
    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private static ShortTemp temp;
    private static Complaints complaints;
    private static Bystander bystander;
    private int threads;
    private Set<String> descriptors = Set.of();

    @BeforeAll
    static void begin() throws Exception {
        temp = ShortTemp.create();
        // Whatever a master does.
        complaints = new Complaints(error -> true);
        bystander = new Bystander(temp);
        bystander.requireUnharmed();
        // The first encounters open what the JDK keeps.
        for (ClientSeed seed : ClientSeed.all().subList(0, 3)) {
            Encounter.of(new Play(seed.play().toBytes(), A_MOMENT), temp.resolve("s"), TIMEOUT);
        }
    }

    /** Behind Jazzer's agent, which opens something of its own. */
    @BeforeEach
    void count() {
        threads = Leftovers.threads();
        descriptors = Leftovers.descriptors();
    }

    @AfterAll
    static void end() {
        bystander.close();
        complaints.close();
        temp.close();
    }

    @FuzzTest
    void whateverAMasterDoesEachCallEndsInTimeAndTellsTheTruth(byte[] bytes) throws Exception {
        Encounter.of(new Play(bytes, A_MOMENT), temp.resolve("s"), TIMEOUT);
        bystander.requireUnharmed();
        complaints.requireNone();
        requireNothingLeft();
    }

    private void requireNothingLeft() {
        long start = System.nanoTime();
        while (!descriptors.containsAll(Leftovers.descriptors()) || Leftovers.threads() > threads + SPARE_THREADS) {
            if (System.nanoTime() - start > PATIENCE.toNanos()) {
                assertThat(Leftovers.descriptors()).as("sockets and pipes").isSubsetOf(descriptors);
                assertThat(Leftovers.threads()).as("threads").isLessThanOrEqualTo(threads + SPARE_THREADS);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }
}
