package io.muxpool.stress;

import static org.assertj.core.api.Assertions.assertThat;

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
        Judge judge = Chaos.run(howLong, 9, Long.getLong("muxpool.seed", 1));
        System.out.print(judge.report());

        assertThat(judge.violations()).isEmpty();
        assertThat(judge.outcomes().get(Told.SUCCEEDED)).isGreaterThan(100);
        assertThat(judge.faults()).hasSizeGreaterThan(6);
    }
}
