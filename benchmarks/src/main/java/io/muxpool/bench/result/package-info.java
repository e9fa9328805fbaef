/** What was measured, as values: made by the scenes, shown by the reports. */
@NullMarked
package io.muxpool.bench.result;

import org.jspecify.annotations.NullMarked;
