/** Telling what happens: to a pool's listener and to Java Flight Recorder. A leaf. */
@NullMarked
package io.muxpool.internal.event;

import org.jspecify.annotations.NullMarked;
