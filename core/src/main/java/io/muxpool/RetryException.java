package io.muxpool;

/**
 * A {@link RetryPolicy} gave up. The cause is the last attempt's error; the message says why there was no other attempt.
 * Thrown only when that error has no cause of its own to throw, or with {@link RetryPolicy.Builder#reraise(boolean)} off.
 *
 * <p>Remedy: cure the cause, or allow more retries or more time.
 */
public final class RetryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient RetryOutcome outcome;

    RetryException(String message, RetryOutcome outcome) {
        super(message, outcome.error());
        this.outcome = outcome;
    }

    /** The last failure, with {@link RetryOutcome#giveUpReason()} set; lost in serialization. */
    public RetryOutcome outcome() {
        return outcome;
    }
}
