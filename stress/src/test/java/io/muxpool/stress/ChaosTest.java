package io.muxpool.stress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.muxpool.testkit.FullRun;
import io.muxpool.testkit.LeakCheck;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** For a minute, or as many as {@code -Dmuxpool.chaos} says. */
@FullRun("commands, while everything under them breaks")
class ChaosTest {
    /** Threads here, each of which holds one lease at most; another process has four. */
    private static final int THREADS = 9;

    @RegisterExtension
    static final LeakCheck LEAKS = new LeakCheck();

    @Test
    @SuppressWarnings("SystemOut") // the figures are what a run is for
    void whatClientsWereToldIsTrueWhateverBreaks() throws Exception {
        Duration howLong = Duration.ofSeconds(60L * Integer.getInteger("muxpool.chaos", 1));
        // A call that never comes back is no reason to wait for it for ever.
        Chaos.Outcome outcome = assertTimeoutPreemptively(
                howLong.plusMinutes(5), () -> Chaos.run(howLong, THREADS, Long.getLong("muxpool.seed", 1)));
        System.out.print(outcome.report());
        Judge judge = outcome.judge();

        assertThat(judge.violations()).isEmpty();
        // Threads and descriptors are the leak check's: what ends takes a moment to.
        assertThat(outcome.after().hasMoreHeapThan(outcome.before()))
                .as("heap grew")
                .isFalse();
        // What one leaves, the next takes up: some more than were ever held at once, however long it takes.
        assertThat(outcome.calmLeases()).isPositive();
        assertThat(outcome.leases()).isLessThanOrEqualTo(3 * (THREADS + 4));
        // Each of them was put to the test.
        assertThat(judge.outcomes()).containsKeys(Told.SUCCEEDED, Told.NOT_STARTED, Told.UNKNOWN, Told.DEAD);
        assertThat(judge.outcomes().get(Told.SUCCEEDED)).isGreaterThan(100);
        Set<Fault> wanted = EnumSet.allOf(Fault.class);
        if (!outcome.diskFilled()) {
            System.out.println("No disk could be mounted: none was filled.");
            wanted.remove(Fault.FILL_DISK);
        }
        assertThat(judge.faults()).containsOnlyKeys(wanted);
        // Each thread of a crew that was killed had one command; whatever else nobody was told of got lost.
        assertThat(judge.outcomes().getOrDefault(Told.NOTHING, 0))
                .isLessThanOrEqualTo(4 * judge.faults().getOrDefault(Fault.KILL_CLIENT, 0));
        assertThat(outcome.strays()).isEmpty();
    }
}
