/** How things are written in messages. A leaf: it knows nothing of the rest. */
@NullMarked
package io.muxpool.internal.text;

import org.jspecify.annotations.NullMarked;
