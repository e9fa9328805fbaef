/** Moving a command's bytes: pumps, captures, and what it is when a caller's stream fails. A leaf. */
@NullMarked
package io.muxpool.internal.stream;

import org.jspecify.annotations.NullMarked;
