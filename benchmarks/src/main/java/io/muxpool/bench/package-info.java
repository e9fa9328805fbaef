/** {@code muxpool bench}: muxpool beside what its users would take instead, in one run. */
@NullMarked
package io.muxpool.bench;

import org.jspecify.annotations.NullMarked;
