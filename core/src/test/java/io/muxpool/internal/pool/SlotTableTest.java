package io.muxpool.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.internal.pool.SlotTable.Line;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlotTableTest {
    @Test
    void emptyTableHasNothingToChoose() {
        SlotTable<String> table = new SlotTable<>(3);
        assertThat(table.choose()).isNull();
        assertThat(table.size()).isZero();
        assertThat(table.free()).isZero();
        assertThat(table.capacity()).isEqualTo(3);
    }

    @Test
    void newLineHasAllItsSlotsFree() {
        SlotTable<String> table = new SlotTable<>(3);
        Line<String> line = table.add("a");
        assertThat(line.free()).isEqualTo(3);
        assertThat(line.link()).isEqualTo("a");
        assertThat(table.choose()).isSameAs(line);
        assertThat(table.lines()).containsExactly(line);
    }

    @Test
    void lineWithMostFreeSlotsIsChosen() {
        SlotTable<String> table = new SlotTable<>(3);
        Line<String> a = table.add("a");
        Line<String> b = table.add("b");
        Line<String> c = table.add("c");
        take(table, a, 2);
        take(table, b, 1);
        take(table, c, 3);
        assertThat(table.choose()).isSameAs(b);
        table.take(b);
        table.take(b);
        assertThat(table.choose()).isSameAs(a);
        assertThat(table.free()).isEqualTo(1);
    }

    @Test
    void amongEqualsTheOneCreatedLastIsChosen() {
        SlotTable<String> table = new SlotTable<>(2);
        table.add("a");
        Line<String> b = table.add("b");
        assertThat(table.choose()).isSameAs(b);
    }

    @Test
    void amongEqualsTheOneReturnedLastIsChosen() {
        SlotTable<String> table = new SlotTable<>(2);
        Line<String> a = table.add("a");
        Line<String> b = table.add("b");
        Line<String> c = table.add("c");
        take(table, a, 1);
        take(table, b, 1);
        take(table, c, 1);
        table.giveBack(a);
        table.giveBack(c);
        table.giveBack(b);
        assertThat(table.choose()).isSameAs(b);
        table.take(b);
        assertThat(table.choose()).isSameAs(c);
        table.take(c);
        assertThat(table.choose()).isSameAs(a);
    }

    @Test
    void lineCreatedAfterAReturnIsHotterThanTheReturnedOne() {
        SlotTable<String> table = new SlotTable<>(1);
        Line<String> a = table.add("a");
        table.take(a);
        table.giveBack(a);
        Line<String> b = table.add("b");
        assertThat(table.choose()).isSameAs(b);
    }

    @Test
    void takingDoesNotMakeALineHotter() {
        SlotTable<String> table = new SlotTable<>(3);
        Line<String> a = table.add("a");
        Line<String> b = table.add("b");
        take(table, b, 1);
        // The taking of a comes last; b is the one that was created last.
        take(table, a, 1);
        assertThat(table.choose()).isSameAs(b);
    }

    @Test
    void fullLineIsNeverChosenAndRefusesToBeTaken() {
        SlotTable<String> table = new SlotTable<>(1);
        Line<String> line = table.add("a");
        table.take(line);
        assertThat(table.choose()).isNull();
        assertThatThrownBy(() -> table.take(line)).isInstanceOf(IllegalStateException.class);
        assertThat(line.free()).isZero();
        table.giveBack(line);
        assertThat(table.choose()).isSameAs(line);
    }

    @Test
    void lineIsKnownExactlyOnceAlsoWhileAllItsSlotsAreOut() {
        SlotTable<String> table = new SlotTable<>(2);
        Line<String> line = table.add("a");
        take(table, line, 2);
        assertThat(table.lines()).containsExactly(line);
        table.giveBack(line);
        table.giveBack(line);
        assertThat(table.lines()).containsExactly(line);
        assertThat(table.size()).isEqualTo(1);
        assertThat(table.free()).isEqualTo(2);
    }

    @Test
    void learnedCapacityAppliesToTheLineAndToNewOnes() {
        SlotTable<String> table = new SlotTable<>(8);
        Line<String> a = table.add("a");
        Line<String> b = table.add("b");
        table.learn(a, 3);
        assertThat(a.capacity()).isEqualTo(3);
        assertThat(a.free()).isEqualTo(3);
        assertThat(table.capacity()).isEqualTo(3);
        assertThat(table.add("c").free()).isEqualTo(3);
        // What is known of b is only what it was made with; it learns for itself.
        assertThat(b.capacity()).isEqualTo(8);
    }

    @Test
    void nothingIsLearnedUpwards() {
        SlotTable<String> table = new SlotTable<>(4);
        Line<String> line = table.add("a");
        table.learn(line, 2);
        table.learn(line, 6);
        assertThat(line.capacity()).isEqualTo(2);
        assertThat(table.capacity()).isEqualTo(2);
    }

    @Test
    void learningLessThanIsOutLeavesNoneFreeUntilEnoughCameBack() {
        SlotTable<String> table = new SlotTable<>(5);
        Line<String> line = table.add("a");
        take(table, line, 4);
        table.learn(line, 2);
        assertThat(line.free()).isZero();
        assertThat(table.choose()).isNull();
        table.giveBack(line);
        table.giveBack(line);
        assertThat(line.free()).isZero();
        table.giveBack(line);
        assertThat(line.free()).isEqualTo(1);
        table.giveBack(line);
        assertThat(line.free()).isEqualTo(2);
    }

    @Test
    void retiredLineHandsOutNothingButStaysKnownUntilItIsSpent() {
        SlotTable<String> table = new SlotTable<>(2);
        Line<String> line = table.add("a");
        table.take(line);
        table.begin(line);
        table.retire(line);
        assertThat(line.retired()).isTrue();
        assertThat(line.free()).isZero();
        assertThat(table.free()).isZero();
        assertThat(table.choose()).isNull();
        assertThat(table.removeIfSpent(line))
                .as("one slot out, one command running")
                .isFalse();
        table.end(line, SlotTable.End.SERVED);
        assertThat(table.removeIfSpent(line)).as("one slot out").isFalse();
        assertThat(table.lines()).containsExactly(line);
        table.giveBack(line);
        assertThat(table.removeIfSpent(line)).isTrue();
        assertThat(table.size()).isZero();
    }

    @Test
    void retiredLineOnWhichACommandStillRunsIsNotSpent() {
        SlotTable<String> table = new SlotTable<>(2);
        Line<String> line = table.add("a");
        table.take(line);
        table.begin(line);
        table.retire(line);
        table.giveBack(line);
        assertThat(table.removeIfSpent(line)).isFalse();
        table.end(line, SlotTable.End.SERVED);
        assertThat(table.removeIfSpent(line)).isTrue();
    }

    @Test
    void spentLineIsRemovedOnceAndItsLinkClosedOnce() {
        SlotTable<String> table = new SlotTable<>(2);
        Line<String> line = table.add("a");
        Line<String> other = table.add("b");
        table.retire(line);
        assertThat(table.removeIfSpent(line)).isTrue();
        assertThat(table.removeIfSpent(line)).isFalse();
        assertThat(table.lines()).containsExactly(other);
    }

    @Test
    void idleLineThatIsNotRetiredIsKept() {
        SlotTable<String> table = new SlotTable<>(2);
        Line<String> line = table.add("a");
        assertThat(table.removeIfSpent(line)).isFalse();
        assertThat(table.lines()).containsExactly(line);
    }

    @Test
    void lineHasServedOnceASessionWasOpenedOnIt() {
        SlotTable<String> table = new SlotTable<>(2);
        Line<String> line = table.add("a");
        table.begin(line);
        table.begin(line);
        assertThat(line.running()).isEqualTo(2);
        table.end(line, SlotTable.End.NOT_RUN);
        assertThat(line.served()).isFalse();
        table.end(line, SlotTable.End.SERVED);
        assertThat(line.served()).isTrue();
        table.begin(line);
        table.end(line, SlotTable.End.NOT_RUN);
        assertThat(line.served()).isTrue();
        assertThat(line.running()).isZero();
    }

    @Test
    void listOfLinesIsACopy() {
        SlotTable<String> table = new SlotTable<>(1);
        List<Line<String>> before = table.lines();
        table.add("a");
        assertThat(before).isEmpty();
    }

    /** Any order of steps: counts stay in range, each line is known once, and the choice is the best by its definition. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void countsStayInRangeInAnyOrderOfSteps(long seed) {
        Random random = new Random(seed);
        SlotTable<Integer> table = new SlotTable<>(1 + random.nextInt(8));
        List<Line<Integer>> out = new ArrayList<>();
        List<Line<Integer>> removed = new ArrayList<>();
        int added = 0;
        for (int step = 0; step < 3000; step++) {
            List<Line<Integer>> lines = table.lines();
            Line<Integer> any = lines.isEmpty() ? null : lines.get(random.nextInt(lines.size()));
            switch (random.nextInt(8)) {
                case 0 -> {
                    if (lines.size() < 12) {
                        table.add(added++);
                    }
                }
                case 1, 2, 3 -> {
                    Line<Integer> chosen = table.choose();
                    if (chosen != null) {
                        table.take(chosen);
                        out.add(chosen);
                    }
                }
                case 4, 5 -> {
                    if (!out.isEmpty()) {
                        Line<Integer> line = out.remove(random.nextInt(out.size()));
                        table.giveBack(line);
                        if (table.removeIfSpent(line)) {
                            removed.add(line);
                        }
                    }
                }
                case 6 -> {
                    if (any != null && random.nextInt(20) == 0) {
                        table.learn(any, 1 + random.nextInt(8));
                    }
                }
                default -> {
                    if (any != null && random.nextInt(5) == 0) {
                        table.retire(any);
                    }
                }
            }
            assertThat(table.lines()).doesNotHaveDuplicates().noneMatch(removed::contains);
            assertThat(out).allMatch(table.lines()::contains);
            assertThat(table.size() + removed.size()).isEqualTo(added);
            for (Line<Integer> line : table.lines()) {
                assertThat(line.free()).isBetween(0, line.capacity());
            }
            int most = table.lines().stream().mapToInt(Line::free).max().orElse(0);
            Line<Integer> best = table.choose();
            assertThat(best == null ? 0 : best.free()).isEqualTo(most);
            assertThat(table.free())
                    .isEqualTo(table.lines().stream().mapToInt(Line::free).sum());
        }
        assertThat(added).isGreaterThan(10);
    }

    private static void take(SlotTable<String> table, Line<String> line, int times) {
        for (int i = 0; i < times; i++) {
            table.take(line);
        }
    }

    @Test
    void aLineFullOfWhatWasLeftBehindIsSpentAndOneThatClearsAwayIsNot() {
        SlotTable<String> table = new SlotTable<>(1);
        Line<String> line = table.add("a");
        table.linger(line, 1);
        assertThat(line.free()).isZero();
        assertThat(table.removeIfSpent(line)).isFalse();
        table.linger(line, -1);
        assertThat(line.free()).isEqualTo(1);
        table.take(line);
        table.leaveBehind(line, 1);
        assertThat(table.removeIfSpent(line)).isFalse();
        table.giveBack(line);
        assertThat(table.removeIfSpent(line)).isTrue();
        assertThat(table.size()).isZero();
    }

    @Test
    void whatWasGivenUpOnALineStaysKnownOfIt() {
        SlotTable<String> table = new SlotTable<>(3);
        Line<String> line = table.add("a");
        for (SlotTable.End end : List.of(SlotTable.End.NOT_RUN, SlotTable.End.SERVED)) {
            table.begin(line);
            table.end(line, end);
            assertThat(line.abandoned()).as("after %s", end).isFalse();
        }
        table.begin(line);
        table.end(line, SlotTable.End.ABANDONED);
        table.begin(line);
        table.end(line, SlotTable.End.SERVED);
        assertThat(line.abandoned()).isTrue();
        assertThat(line.running()).isZero();
    }

    @Test
    void leftoversOfBothKindsTakeSlotsUntilTheyAreGone() {
        SlotTable<String> table = new SlotTable<>(5);
        Line<String> line = table.add("a");
        assertThat(line.hasLeftovers()).isFalse();
        table.linger(line, 1);
        assertThat(line.hasLeftovers()).isTrue();
        assertThat(line.free()).isEqualTo(4);
        table.leaveBehind(line, 2);
        table.take(line);
        assertThat(line.free()).isEqualTo(1);
        assertThat(line.taken()).isEqualTo(1);
        table.linger(line, -1);
        assertThat(line.hasLeftovers()).isTrue();
        table.leaveBehind(line, -2);
        assertThat(line.hasLeftovers()).isFalse();
        assertThat(line.free()).isEqualTo(4);
    }

    @Test
    void lineIsRetiredOnlyWhenItIsToldSoOrIsFullOfWhatWasLeftBehindAlone() {
        SlotTable<String> table = new SlotTable<>(2);
        Line<String> line = table.add("a");
        table.leaveBehind(line, 1);
        assertThat(table.removeIfSpent(line)).isFalse();
        table.begin(line);
        table.leaveBehind(line, 1);
        assertThat(table.removeIfSpent(line)).as("a command runs").isFalse();
        assertThat(line.retired()).isFalse();
        table.end(line, SlotTable.End.SERVED);
        assertThat(table.removeIfSpent(line)).isTrue();
        assertThat(line.retired()).isTrue();

        Line<String> none = table.add("b");
        table.learn(none, 0);
        assertThat(table.removeIfSpent(none))
                .as("no capacity, and nothing left behind")
                .isFalse();
    }
}
