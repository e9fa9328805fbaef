package io.muxpool;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Thrown by a {@link RetryBody}: this attempt failed, and another may succeed. Throw it only when trying again does no
 * harm. With a cause, it is the cause that the caller gets once the policy is exhausted, unless {@link
 * RetryPolicy.Builder#reraise(boolean)} is off.
 */
public final class RetryableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String message;
    private final @Nullable String displayMessage;
    private final boolean retryImmediatelyOnce;
    private final @Nullable String category;
    private final transient @Nullable Object attachment;

    /** A failure that has no exception behind it. */
    public RetryableException(String message) {
        this(builder(message));
    }

    /** A failure because of {@code cause}. */
    public RetryableException(String message, @Nullable Throwable cause) {
        this(builder(message).cause(cause));
    }

    private RetryableException(Builder builder) {
        super(builder.message, builder.cause);
        this.message = builder.message;
        this.displayMessage = builder.displayMessage;
        this.retryImmediatelyOnce = builder.retryImmediatelyOnce;
        this.category = builder.category;
        this.attachment = builder.attachment;
    }

    /** For a failure that says more than its message and cause. */
    public static Builder builder(String message) {
        return new Builder(message);
    }

    /** What log lines show: the message unless another text was given. */
    public String displayMessage() {
        return displayMessage == null ? message : displayMessage;
    }

    /** Whether the first retry of a call, if this is what it follows, comes without a sleep. */
    public boolean retryImmediatelyOnce() {
        return retryImmediatelyOnce;
    }

    /** The kind of failure, in the caller's own words, for callbacks to tell apart; null when not given. */
    public @Nullable String category() {
        return category;
    }

    /** Whatever the body wants callbacks and later attempts to see; empty after deserialization. */
    public Optional<Object> attachment() {
        return Optional.ofNullable(attachment);
    }

    /** Collects the parts of a {@link RetryableException}. Not thread-safe. */
    public static final class Builder {
        private final String message;
        private @Nullable Throwable cause;
        private @Nullable String displayMessage;
        private boolean retryImmediatelyOnce;
        private @Nullable String category;
        private @Nullable Object attachment;

        private Builder(String message) {
            this.message = Objects.requireNonNull(message, "message");
        }

        /** What the caller gets in the end when the policy reraises; default none. */
        public Builder cause(@Nullable Throwable cause) {
            this.cause = cause;
            return this;
        }

        /** A text for log lines in place of the message, for example a shorter one, or one without secrets. */
        public Builder displayMessage(String displayMessage) {
            this.displayMessage = displayMessage;
            return this;
        }

        /** Retry at once when this is the first failure of the call, whatever the backoff; default false. */
        public Builder retryImmediatelyOnce(boolean retryImmediatelyOnce) {
            this.retryImmediatelyOnce = retryImmediatelyOnce;
            return this;
        }

        /** The kind of failure, for callbacks to tell apart. */
        public Builder category(String category) {
            this.category = category;
            return this;
        }

        /** Anything that callbacks and later attempts are to see. */
        public Builder attachment(Object attachment) {
            this.attachment = attachment;
            return this;
        }

        /** The exception, ready to be thrown; its stack trace starts here. */
        public RetryableException build() {
            return new RetryableException(this);
        }
    }
}
