/** The instruments are measured before they measure anything else. */
@NullMarked
package io.muxpool.testkit;

import org.jspecify.annotations.NullMarked;
