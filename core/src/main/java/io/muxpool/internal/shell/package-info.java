/** Writes words for login shells. A leaf, without I/O: it knows no other room. */
@NullMarked
package io.muxpool.internal.shell;

import org.jspecify.annotations.NullMarked;
