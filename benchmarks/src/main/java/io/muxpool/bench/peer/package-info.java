/** The clients that are compared: muxpool, what its users would take instead, and what no client can beat. */
@NullMarked
package io.muxpool.bench.peer;

import org.jspecify.annotations.NullMarked;
