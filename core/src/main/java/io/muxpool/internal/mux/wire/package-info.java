/**
 * The bytes of OpenSSH's multiplexing socket, and of the RFC 4254 channel messages that travel over it in proxy mode.
 * Pure: no I/O, no threads, no clock.
 */
@NullMarked
package io.muxpool.internal.mux.wire;

import org.jspecify.annotations.NullMarked;
