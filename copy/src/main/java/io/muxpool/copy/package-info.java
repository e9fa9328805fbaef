/**
 * Copies files to and from a remote over the warm connections of a {@link io.muxpool.ConnectionPool}: checksummed,
 * resumable, and striped over several channels where a channel's window is what holds a copy back.
 *
 * <p>Start with {@link io.muxpool.copy.Copy}.
 */
@NullMarked
package io.muxpool.copy;

import org.jspecify.annotations.NullMarked;
