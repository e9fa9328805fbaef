/**
 * Child processes: find the program, spawn it, pump its streams, kill its whole tree.
 */
@NullMarked
package io.muxpool.internal.process;

import org.jspecify.annotations.NullMarked;
