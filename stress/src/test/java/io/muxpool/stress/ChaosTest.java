package io.muxpool.stress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.muxpool.testkit.LeakCheck;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** For a minute, or as many as {@code -Dmuxpool.chaos} says. */
class ChaosTest {
    @RegisterExtension
    static final LeakCheck LEAKS = new LeakCheck();

    @Test
    @SuppressWarnings("SystemOut") // the figures are what a run is for
    void whatClientsWereToldIsTrueWhateverBreaks() throws Exception {
        Duration howLong = Duration.ofSeconds(60L * Integer.getInteger("muxpool.chaos", 1));
        // A call that never comes back is no reason to wait for it for ever.
        Judge judge = assertTimeoutPreemptively(
                howLong.plusMinutes(5), () -> Chaos.run(howLong, 9, Long.getLong("muxpool.seed", 1)));
        System.out.print(judge.report());

        assertThat(judge.violations()).isEmpty();
        // Each of them was put to the test.
        assertThat(judge.outcomes()).containsKeys(Told.SUCCEEDED, Told.NOT_STARTED, Told.UNKNOWN, Told.DEAD);
        assertThat(judge.outcomes().get(Told.SUCCEEDED)).isGreaterThan(100);
        assertThat(judge.faults()).hasSizeGreaterThan(6);
    }
}
