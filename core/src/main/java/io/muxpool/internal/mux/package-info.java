/** One command over one channel: its session, its streams, its end; and the channels opened ahead for the next ones. */
@NullMarked
package io.muxpool.internal.mux;

import org.jspecify.annotations.NullMarked;
