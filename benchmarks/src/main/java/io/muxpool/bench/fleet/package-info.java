/** A fleet of a thousand names beside pdsh, clush and {@code xargs ssh}. */
@NullMarked
package io.muxpool.bench.fleet;

import org.jspecify.annotations.NullMarked;
