/**
 * How one command reaches its shell: one contract, and the local, plain and process ways of keeping it.
 */
@NullMarked
package io.muxpool.internal.transport;

import org.jspecify.annotations.NullMarked;
