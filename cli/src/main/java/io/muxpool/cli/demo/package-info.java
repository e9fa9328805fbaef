/** {@code muxpool demo}: the main job on a server of its own, with a table and a chart of what it took. */
@NullMarked
package io.muxpool.cli.demo;

import org.jspecify.annotations.NullMarked;
