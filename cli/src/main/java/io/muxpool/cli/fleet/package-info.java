/** What {@code muxpool fleet} reads and shows: lists of hosts, views of results, the bar, the report. */
@NullMarked
package io.muxpool.cli.fleet;

import org.jspecify.annotations.NullMarked;
