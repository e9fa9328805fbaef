package io.muxpool;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link RetryPolicy} tries, in the thread of the caller. It asks for another try by throwing {@link
 * RetryableException}; an {@link SshException} that is {@link SshException#retrySafe()} asks by itself. Whatever else it
 * throws ends the call and reaches the caller as it is.
 *
 * <p>The <em>whole</em> body is run again. "Not started" is said of the command that failed; what the body did before
 * that one it does once more. So put one command into a body, or what may be repeated.
 *
 * @param <T> what it returns
 * @param <E> what it throws; inferred as {@link RuntimeException} when the lambda throws nothing checked
 */
@FunctionalInterface
public interface RetryBody<T extends @Nullable Object, E extends Exception> {
    /** One attempt. */
    T call(Retry retry) throws E;
}
