/** What a path is, links not followed. A leaf: it knows nothing of the rest. */
@NullMarked
package io.muxpool.internal.file;

import org.jspecify.annotations.NullMarked;
