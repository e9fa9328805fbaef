package io.muxpool.stress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What fuzzing begins with is what its sources say, and goes where it is to go. */
class SeedsTest {
    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    /** A play that is to end in one way only waits as long as it takes. */
    private static final Duration PATIENT = Duration.ofSeconds(20);

    private static final Duration SHORT = Duration.ofMillis(300);

    /** After a change of {@link Move} or of the seeds: run {@link Seeds#main}. */
    @Test
    void theFilesAreWhatTheSourcesSay() {
        Seeds.all()
                .forEach((test, seeds) -> seeds.forEach((name, bytes) -> assertThat(read(test + "/" + name))
                        .as("%s of %s", name, test)
                        .isEqualTo(bytes)));
    }

    private static byte[] read(String resource) {
        try (InputStream in = Objects.requireNonNull(SeedsTest.class.getResourceAsStream(resource), resource)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new AssertionError(resource, e);
        }
    }

    static List<ClientSeed> plays() {
        return ClientSeed.all();
    }

    @ParameterizedTest
    @MethodSource("plays")
    void aPlayEndsAsItsCallersAreTold(ClientSeed seed) throws Exception {
        try (ShortTemp temp = ShortTemp.create()) {
            Duration timeout = seed.timesOut() ? SHORT : PATIENT;
            assertThat(Encounter.of(new Play(seed.play().toBytes(), PATIENT), temp.resolve("s"), timeout))
                    .extracting(Told::words)
                    .isEqualTo(seed.told());
        }
    }
}
