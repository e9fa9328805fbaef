/**
 * Ends a command whole: finds the processes that carry its mark, wherever they went, kills them, and says what is left.
 */
@NullMarked
package io.muxpool.internal.sweep;

import org.jspecify.annotations.NullMarked;
