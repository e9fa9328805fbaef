package io.muxpool.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JudgeTest {
    @ParameterizedTest
    @CsvSource({
        "SUCCEEDED, 0, false",
        "SUCCEEDED, 1, true",
        "SUCCEEDED, 2, false",
        "NOT_STARTED, 0, true",
        "NOT_STARTED, 1, false",
        "UNKNOWN, 0, true",
        "UNKNOWN, 1, true",
        "UNKNOWN, 2, false",
        "DEAD, 0, true",
        "DEAD, 1, true",
        "DEAD, 2, false",
        "NOTHING, 0, true",
        "NOTHING, 1, true",
        "NOTHING, 2, false"
    })
    void whatWasToldIsHeldAgainstTheJournal(Told told, int lines, boolean right) {
        Judge judge = Judge.of(
                new Witness.Testimony(new LinkedHashMap<>(Map.of(7L, told)), new LinkedHashMap<>()),
                lines == 0 ? Map.of() : Map.of(7L, lines),
                Map.of());
        assertThat(judge.violations()).hasSize(right ? 0 : 1);
        assertThat(judge.outcomes()).isEqualTo(Map.of(told, 1));
    }

    @Test
    void lineThatNobodyBeganAndWhatAWitnessSaysIsWrongAreViolations() {
        Judge judge = Judge.of(
                new Witness.Testimony(
                        new LinkedHashMap<>(Map.of(7L, Told.SUCCEEDED)), new LinkedHashMap<>(Map.of(7L, "late"))),
                Map.of(7L, 1, 8L, 1),
                Map.of());
        assertThat(judge.violations()).isEqualTo(List.of("8 is in the journal, and nobody began it", "7: late"));
        assertThat(judge.report()).contains("violations").contains("7: late");
    }
}
