package io.muxpool.stress;

import java.time.Duration;
import java.util.Map;

/** A run of it all. */
final class Chaos {
    private Chaos() {}

    /**
     * @param threads of the crew in this process
     * @param seed of what is random; the timing is not in its hand
     */
    static Judge run(Duration howLong, int threads, long seed) throws Exception {
        try (Ground ground = new Ground()) {
            Map<Fault, Integer> faults;
            try (Crew crew = new Crew(ground.errand(1_000_000_000L, threads))) {
                crew.start();
                faults = new Monkey(ground, seed).rage(howLong);
            }
            return Judge.of(Witness.Testimony.of(ground.witnesses()), ground.journalAtRest(), faults);
        }
    }
}
