/**
 * Which connection serves next, and what a connection is made of: a transport and, where it needs one, a leased master.
 */
@NullMarked
package io.muxpool.internal.pool;

import org.jspecify.annotations.NullMarked;
