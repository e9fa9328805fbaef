/**
 * Exclusive ownership of a master across processes, by file locks in the socket directory.
 */
@NullMarked
package io.muxpool.internal.lease;

import org.jspecify.annotations.NullMarked;
