/**
 * The life of one ControlMaster: start, check, stop. It talks to the master over its control socket, not over a process.
 */
@NullMarked
package io.muxpool.internal.master;

import org.jspecify.annotations.NullMarked;
