package io.muxpool.copy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the other side is told of a file that arrives. */
@Timeout(120)
class StepsTest {
    private static final int RUN = Runs.LENGTH;

    private static String allOf(Steps steps) throws Exception {
        String text = new String(steps.readAllBytes(), US_ASCII);
        assertThat(steps.read()).isEqualTo(-1);
        return text;
    }

    @Test
    void aWholeFileIsAll() throws Exception {
        for (long size : new long[] {1, RUN, 16L * RUN, 16L * RUN + 1}) {
            Runs runs = new Runs(size);
            runs.haveFrom(0, size);
            assertThat(allOf(new Steps(runs, size))).as("%d bytes", size).isEqualTo("all\n");
        }
    }

    @Test
    void whatHasComeInOrderIsToldInStretchesAndTheEndAsAll() throws Exception {
        long size = 20L * RUN + 17;
        Runs runs = new Runs(size);
        Steps steps = new Steps(runs, size);
        runs.haveFrom(0, 9L * RUN);
        assertThat(new String(steps.readNBytes(2), US_ASCII)).isEqualTo("9\n");
        // Behind a gap: of no use yet.
        runs.haveFrom(12L * RUN, size);
        CompletableFuture<String> rest = CompletableFuture.supplyAsync(() -> {
            try {
                return allOf(steps);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        for (Runs.Run run = runs.take(); run != null; run = runs.take()) {
            assertThat(rest).isNotDone();
            runs.arrived(run);
        }
        assertThat(rest.get(30, TimeUnit.SECONDS)).isEqualTo("all\n");
    }

    @Test
    void aCopyThatIsStoppedIsNotSaidToHaveArrived() throws Exception {
        long size = 20L * RUN;
        Runs runs = new Runs(size);
        runs.haveFrom(0, 19L * RUN);
        runs.stop();
        assertThat(allOf(new Steps(runs, size))).isEqualTo("19\n");
    }
}
