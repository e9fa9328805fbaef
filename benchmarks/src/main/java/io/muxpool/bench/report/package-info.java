/** What was measured, for people and for programs: tables on a terminal, a page, plots, JSON. */
@NullMarked
package io.muxpool.bench.report;

import org.jspecify.annotations.NullMarked;
