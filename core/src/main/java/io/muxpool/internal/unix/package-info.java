/** What Java does not tell of Unix: what a path is, who we are, who listens at a socket. A leaf: it knows nothing of the rest. */
@NullMarked
package io.muxpool.internal.unix;

import org.jspecify.annotations.NullMarked;
