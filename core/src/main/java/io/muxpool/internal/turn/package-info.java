/** Waiting for one's turn, as long as a job allows. A leaf. */
@NullMarked
package io.muxpool.internal.turn;

import org.jspecify.annotations.NullMarked;
