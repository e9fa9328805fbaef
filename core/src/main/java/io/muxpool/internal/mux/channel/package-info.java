/**
 * Channels on one master's proxy socket: their states and windows, the socket's reader, and the loop that drives it.
 */
@NullMarked
package io.muxpool.internal.mux.channel;

import org.jspecify.annotations.NullMarked;
