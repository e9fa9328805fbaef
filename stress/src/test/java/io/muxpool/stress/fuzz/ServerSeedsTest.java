package io.muxpool.stress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What fuzzing a server begins with goes where it is to go. */
class ServerSeedsTest {
    /** A play that is to end in one way only waits as long as it takes. */
    private static final Duration PATIENT = Duration.ofSeconds(20);

    private static final Duration SHORT = Duration.ofMillis(300);

    private static Theatre theatre;

    @BeforeAll
    static void begin() {
        theatre = new Theatre();
        theatre.watch();
    }

    @AfterAll
    static void end() {
        theatre.close();
    }

    static List<ServerSeed> plays() {
        return ServerSeed.all();
    }

    @ParameterizedTest
    @MethodSource("plays")
    void aPlayEndsAsItsCallersAreTold(ServerSeed seed) throws Exception {
        Duration timeout = seed.timesOut() ? SHORT : PATIENT;
        List<Told> told = theatre.encounter(new Play(seed.play().toBytes(), PATIENT), timeout);
        if (!seed.told().isEmpty()) {
            assertThat(told).extracting(Told::words).isEqualTo(seed.told());
        }
    }
}
