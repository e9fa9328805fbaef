package io.muxpool;

import io.muxpool.internal.text.Printable;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call under a {@link RetryPolicy}. Confined to the calling thread; no lock is held while the body or a callback
 * runs.
 *
 * <pre>
 *   attempt --returns--------------------------> result
 *      |  \--throws anything else--------------> that, untouched
 *      | throws something retryable
 *   limits, then giveUp --a reason-------------> fallback, cause or RetryException
 *      | none
 *   sleep --job cancelled, too late, interrupt-> JobException
 *      | slept
 *   attempt ...
 * </pre>
 */
final class RetryLoop {
    private static final System.Logger LOG = System.getLogger("io.muxpool.retry");

    // The attempt that failed started nothing, but before that its body may have run other commands.
    private static final Ending MAYBE_STARTED = Ending.notConfirmed("an earlier attempt may have run commands");

    private final RetryPolicy policy;
    private final @Nullable String what;
    private final @Nullable Job job;
    private final RetryBackoff backoff;
    private final long startNanos;
    private final Deque<RetryOutcome> previous = new ArrayDeque<>();
    private int number;
    private Ending ending = Ending.notStarted();

    RetryLoop(RetryPolicy policy, @Nullable String what, @Nullable Job job) {
        this.policy = policy;
        this.what = what == null ? null : Printable.of(what);
        this.job = job;
        this.backoff = policy.newBackoff();
        this.startNanos = policy.clock.getAsLong();
    }

    <T extends @Nullable Object, E extends Exception> T run(RetryBody<T, E> body) throws E {
        while (true) {
            if (job != null) {
                job.check(doing("trying"), ending, PartialOutput.NONE);
            }
            Retry retry = new Retry(number, List.copyOf(previous), this::elapsedNanos);
            policy.beforeAttempt.accept(retry);
            T result;
            try {
                result = body.call(retry);
            } catch (Throwable error) {
                afterFailedAttempt(retry, error);
                if (!isRetryable(error)) {
                    throw error;
                }
                RetryOutcome outcome = decide(outcomeOf((RuntimeException) error));
                String reason = outcome.giveUpReason();
                if (reason != null) {
                    // A policy knows no result type: the fallback's is for whoever set onExhaustion to answer.
                    @SuppressWarnings("unchecked")
                    T fallback = (T) exhausted(outcome, reason);
                    return fallback;
                }
                sleepBeforeRetry(outcome);
                continue;
            }
            policy.afterAttempt.accept(retry, null);
            return result;
        }
    }

    private static boolean isRetryable(Throwable error) {
        return error instanceof RetryableException || (error instanceof SshException ssh && ssh.retrySafe());
    }

    private void afterFailedAttempt(Retry retry, Throwable error) {
        try {
            policy.afterAttempt.accept(retry, error);
        } catch (RuntimeException | Error fromCallback) {
            if (fromCallback != error) {
                fromCallback.addSuppressed(error);
            }
            throw fromCallback;
        }
    }

    private RetryOutcome outcomeOf(RuntimeException error) {
        long elapsed = elapsedNanos();
        long left = Math.max(0, policy.maxElapsedNanos - elapsed);
        if (job != null) {
            left = Math.min(left, job.remainingNanos());
        }
        String category = error instanceof RetryableException retryable ? retryable.category() : null;
        return new RetryOutcome(
                number, error, category, Duration.ofNanos(elapsed), Duration.ZERO, Duration.ofNanos(left), null);
    }

    /** Adds to {@code failed} what follows it: a backoff, or the reason why nothing does. */
    private RetryOutcome decide(RetryOutcome failed) {
        RetryOutcome outcome;
        if (number >= policy.maxRetries && policy.maxRetries != RetryPolicy.INFINITE_RETRIES) {
            outcome = failed.withGiveUpReason("no retries left");
        } else if (RetryPolicy.clampedNanos(failed.elapsed()) >= policy.maxElapsedNanos) {
            outcome = failed.withGiveUpReason("no time left");
        } else {
            outcome = failed.withNextBackoff(backoffAfter(failed));
        }
        policy.onRetryableError.accept(outcome);
        if (outcome.giveUpReason() != null) {
            return outcome;
        }
        String reason = policy.giveUp.reason(outcome);
        return reason == null ? outcome : outcome.withGiveUpReason(reason);
    }

    private Duration backoffAfter(RetryOutcome failed) {
        // The immediate retry takes no step of the growth: what follows it, if it fails, is the first backoff.
        if (number == 0 && failed.asksForImmediateRetry()) {
            return Duration.ZERO;
        }
        Duration next = policy.backoff.apply(failed.withNextBackoff(backoff.next()));
        if (next.isNegative()) {
            throw new IllegalArgumentException("a backoff must not be negative: " + next);
        }
        return next;
    }

    private void sleepBeforeRetry(RetryOutcome outcome) {
        ending = MAYBE_STARTED;
        String doing = doing("waiting to retry");
        try {
            if (job != null) {
                job.check(doing, ending, PartialOutput.NONE);
            }
            LOG.log(System.Logger.Level.INFO, retryLine(outcome));
            sleep(RetryPolicy.clampedNanos(outcome.nextBackoff()), doing);
        } catch (JobException ended) {
            ended.addSuppressed(outcome.error());
            throw ended;
        }
        remember(outcome);
        number += number == Integer.MAX_VALUE ? 0 : 1;
    }

    private void sleep(long nanos, String doing) {
        try {
            if (job == null) {
                sleepUntil(new CountDownLatch(1), nanos);
                return;
            }
            CountDownLatch cancelled = new CountDownLatch(1);
            long remaining = job.remainingNanos();
            Job.Registration registration = job.onCancel(cancelled::countDown);
            try {
                sleepUntil(cancelled, Math.min(nanos, remaining));
            } finally {
                registration.close();
            }
            job.check(doing, ending, PartialOutput.NONE);
            if (remaining <= nanos && job.timeout().isPresent()) {
                // An injected sleeper need not have let real time pass. The deadline ends the wait all the same.
                throw new JobTimeoutException(job.timeout().orElseThrow(), doing, ending, PartialOutput.NONE);
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new JobInterruptedException(doing, ending, PartialOutput.NONE, interrupt);
        }
    }

    private void sleepUntil(CountDownLatch woken, long nanos) throws InterruptedException {
        if (policy.sleeper != null) {
            policy.sleeper.sleep(Duration.ofNanos(nanos));
        } else {
            woken.await(nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void remember(RetryOutcome outcome) {
        previous.addLast(outcome);
        if (previous.size() > policy.maxPreviousOutcomes) {
            previous.removeFirst();
        }
    }

    private Object exhausted(RetryOutcome outcome, String reason) {
        String summary = summary(outcome, reason);
        LOG.log(System.Logger.Level.WARNING, Printable.of(summary));
        Optional<?> fallback = policy.onExhaustion.apply(outcome);
        if (fallback.isPresent()) {
            return fallback.get();
        }
        RuntimeException error = outcome.error();
        if (policy.reraise && error instanceof SshException) {
            throw error;
        }
        Throwable cause = error.getCause();
        if (policy.reraise && cause != null) {
            cause.addSuppressed(error);
            RetryLoop.<RuntimeException>sneakyThrow(cause);
        }
        throw new RetryException(summary, outcome);
    }

    /** Throws a cause as what it is, checked or not: see {@link RetryPolicy.Builder#reraise(boolean)}. */
    @SuppressWarnings("unchecked") // Unchecked on purpose; the cast is erased.
    private static <X extends Throwable> void sneakyThrow(Throwable cause) throws X {
        throw (X) cause;
    }

    private String retryLine(RetryOutcome outcome) {
        return doing("Retrying")
                + " [" + (number == Integer.MAX_VALUE ? number : number + 1) + "/" + policy.maxRetriesText() + "] in "
                + Durations.format(outcome.nextBackoff()) + " ... (" + Printable.of(outcome.displayMessage()) + ")";
    }

    private String summary(RetryOutcome outcome, String reason) {
        return "Gave up" + (what == null ? "" : " on " + what) + ": " + reason + "; retries " + number + "/"
                + policy.maxRetriesText() + ", elapsed " + Durations.format(outcome.elapsed()) + "/"
                + policy.maxElapsedText() + " (" + outcome.displayMessage() + ")";
    }

    private String doing(String verb) {
        return what == null ? verb : verb + " " + what;
    }

    private long elapsedNanos() {
        return policy.clock.getAsLong() - startNanos;
    }
}
