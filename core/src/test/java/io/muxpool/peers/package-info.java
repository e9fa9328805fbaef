/** What users would take instead, each on one warm connection and set up as its own documentation recommends. */
@NullMarked
package io.muxpool.peers;

import org.jspecify.annotations.NullMarked;
