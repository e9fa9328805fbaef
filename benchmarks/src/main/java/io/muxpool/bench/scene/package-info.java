/** What is measured: each scene sets its stage, plays all clients in one run, and gives back figures. */
@NullMarked
package io.muxpool.bench.scene;

import org.jspecify.annotations.NullMarked;
