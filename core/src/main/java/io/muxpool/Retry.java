package io.muxpool;

import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * One attempt, as its body sees it: which one it is, and what became of the ones before. Immutable and thread-safe;
 * {@link #elapsed()} alone moves with the clock.
 */
public final class Retry {
    private final int number;
    private final List<RetryOutcome> previousOutcomes;
    private final LongSupplier elapsedNanos;

    Retry(int number, List<RetryOutcome> previousOutcomes, LongSupplier elapsedNanos) {
        this.number = number;
        this.previousOutcomes = List.copyOf(previousOutcomes);
        this.elapsedNanos = elapsedNanos;
    }

    /** How many times the body was tried before: 0 in the first attempt, 1 in the first retry. */
    public int number() {
        return number;
    }

    /** Which attempt this is, counted from 1. */
    public int attempt() {
        return number == Integer.MAX_VALUE ? number : number + 1;
    }

    /**
     * How the latest attempts failed, oldest first: as many as there were, and no more than {@link
     * RetryPolicy.Builder#maxPreviousOutcomes(int)}, which keeps none unless it is set.
     */
    public List<RetryOutcome> previousOutcomes() {
        return previousOutcomes;
    }

    /** Time since the call began, sleeps included, on the policy's clock. */
    public Duration elapsed() {
        return Duration.ofNanos(elapsedNanos.getAsLong());
    }

    @Override
    public String toString() {
        return "Retry[" + number + ", " + Durations.format(elapsed()) + "]";
    }
}
