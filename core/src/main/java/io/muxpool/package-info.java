/**
 * Run commands on other machines through the OpenSSH you already have, over connections that stay warm.
 *
 * <p>Start with {@link io.muxpool.Remote} (where and how), {@link io.muxpool.ConnectionPool} (what serves) and {@link
 * io.muxpool.Command} (what to run). {@link io.muxpool.Job} bounds time and cancels; {@link io.muxpool.RetryPolicy}
 * tries again what is known not to have started.
 */
@NullMarked
package io.muxpool;

import org.jspecify.annotations.NullMarked;
