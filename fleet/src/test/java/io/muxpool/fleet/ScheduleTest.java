package io.muxpool.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.muxpool.fleet.Schedule.Turn;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {
    private static int startAll(Schedule schedule) {
        int started = 0;
        while (schedule.turn() == Turn.GO) {
            schedule.start();
            started++;
        }
        return started;
    }

    @Test
    void atOnceEveryHostHasItsTurn() {
        Schedule schedule = new Schedule(5, Rollout.atOnce(), FailureLimit.none());
        assertThat(startAll(schedule)).isEqualTo(5);
        assertThat(schedule.turn()).isEqualTo(Turn.OVER);
        assertThatIllegalStateException().isThrownBy(schedule::start);
    }

    @ParameterizedTest
    @CsvSource({
        "100, '1,10%,100%', '1 10 89'",
        "100, '10%', '10 10 10 10 10 10 10 10 10 10'",
        "7, '1,2', '1 2 2 2'",
        "3, '1%', '1 1 1'",
        "3, '5', '3'",
        "1, '1,10%,100%', '1'",
    })
    void batchBeginsWhenTheOneBeforeHasEnded(int hosts, String rollout, String batches) {
        Schedule schedule = new Schedule(hosts, Rollout.parse(rollout), FailureLimit.none());
        StringBuilder sizes = new StringBuilder();
        while (schedule.turn() != Turn.OVER) {
            int size = startAll(schedule);
            sizes.append(size).append(' ');
            for (int i = 0; i < size; i++) {
                assertThat(schedule.turn()).isIn(Turn.WAIT, Turn.OVER);
                schedule.end(true);
            }
        }
        assertThat(sizes.toString().trim()).isEqualTo(batches);
    }

    @ParameterizedTest
    @CsvSource({"10, 1, 1", "10, 3, 3", "10, 30%, 3", "10, 25%, 3", "3, 1%, 1", "10, 100%, 10"})
    void runStopsAtItsFailureLimit(int hosts, String limit, int failures) {
        Schedule schedule = new Schedule(hosts, Rollout.atOnce(), FailureLimit.parse(limit));
        for (int i = 0; i < failures; i++) {
            assertThat(schedule.turn()).isEqualTo(Turn.GO);
            schedule.start();
            schedule.end(false);
        }
        assertThat(schedule.turn()).isEqualTo(Turn.OVER);
        assertThat(schedule.stopped())
                .isEqualTo(failures + " of " + hosts + " hosts failed, and the limit is " + limit);
    }

    @Test
    void successDoesNotStopARun() {
        Schedule schedule = new Schedule(2, Rollout.atOnce(), FailureLimit.after(1));
        schedule.start();
        schedule.end(true);
        assertThat(schedule.turn()).isEqualTo(Turn.GO);
    }

    @Test
    void firstReasonToStopStays() {
        Schedule schedule = new Schedule(3, Rollout.batches("1"), FailureLimit.after(1));
        schedule.start();
        schedule.stop("enough");
        schedule.end(false);
        assertThat(schedule.turn()).isEqualTo(Turn.OVER);
        assertThat(schedule.stopped()).isEqualTo("enough");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "0%", "101%", "-1", "x", "1.5", "1,", "10 %"})
    void badSizesAndLimitsAreRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rollout.parse(text))
                .withMessageContaining("batch");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FailureLimit.parse(text))
                .withMessageContaining("failure");
    }
}
