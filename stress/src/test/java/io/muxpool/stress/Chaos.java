package io.muxpool.stress;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A run of it all. */
final class Chaos {
    private static final Duration CALM = Duration.ofSeconds(3);

    private Chaos() {}

    /**
     * What came of a run.
     *
     * @param before what this JVM held behind a while of calm, its pools closed
     * @param after the same behind the chaos
     * @param calmLeases files of leases that were left when nothing had broken
     * @param leases files of leases that were left at the end; none where the last fault took every connection
     * @param strays processes that should not have been left
     * @param diskFilled whether there was a disk to be filled
     */
    record Outcome(
            Judge judge,
            Holding before,
            Holding after,
            int calmLeases,
            int leases,
            List<String> strays,
            boolean diskFilled) {
        /** All of it, for people. */
        String report() {
            return judge.report()
                    + String.format("before: %s%nafter:  %s%nlease files left %34d%n", before, after, leases);
        }
    }

    /**
     * @param threads of the crew in this process
     * @param seed of what is random; the timing is not in its hand
     */
    static Outcome run(Duration howLong, int threads, long seed) throws Exception {
        try (Ground ground = new Ground()) {
            // Classes loaded and buffers made by the first commands are no leak.
            try (Crew crew = new Crew(ground.errand(1, threads))) {
                crew.start();
                Thread.sleep(CALM.toMillis());
            }
            Holding before = Holding.now();
            int calmLeases = ground.leases();
            Map<Fault, Integer> faults;
            try (Crew crew = new Crew(ground.errand(1_000_000_000L, threads))) {
                crew.start();
                faults = new Monkey(ground, seed).rage(howLong);
            }
            Holding after = Holding.now();
            int leases = ground.leases();
            List<String> strays = ground.strays(faults.getOrDefault(Fault.STOP_MASTER, 0));
            Judge judge = Judge.of(Witness.Testimony.of(ground.witnesses()), ground.journalAtRest(), faults);
            return new Outcome(judge, before, after, calmLeases, leases, strays, ground.hasDisk());
        }
    }
}
