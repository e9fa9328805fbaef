package io.muxpool;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt failed that may be tried again, and what is to follow. Immutable.
 *
 * @param retry {@link Retry#number()} of the failed attempt: 0 for the first, 1 for the first retry
 * @param error a {@link RetryableException}, or an {@link SshException} that is safe to retry
 * @param category {@link RetryableException#category()}, else null
 * @param elapsed from the start of the call to this failure, before any sleep that follows
 * @param nextBackoff the sleep before the next attempt; zero when a limit already rules that attempt out
 * @param timeLeft until the nearer of {@link RetryPolicy.Builder#maxElapsed} and the job's deadline, never negative
 * @param giveUpReason why there is no next attempt; null while there may be one
 */
public record RetryOutcome(
        int retry,
        RuntimeException error,
        @Nullable String category,
        Duration elapsed,
        Duration nextBackoff,
        Duration timeLeft,
        @Nullable String giveUpReason) {

    /** {@link RetryableException#displayMessage()}, else the error's message. For people: one line is not promised. */
    public String displayMessage() {
        return error instanceof RetryableException retryable
                ? retryable.displayMessage()
                : Optional.ofNullable(error.getMessage()).orElseGet(error::toString);
    }

    boolean asksForImmediateRetry() {
        return error instanceof RetryableException retryable && retryable.retryImmediatelyOnce();
    }

    RetryOutcome withNextBackoff(Duration backoff) {
        return new RetryOutcome(retry, error, category, elapsed, backoff, timeLeft, giveUpReason);
    }

    RetryOutcome withGiveUpReason(String reason) {
        return new RetryOutcome(retry, error, category, elapsed, nextBackoff, timeLeft, reason);
    }
}
