/** The command line: parses, calls the library, and maps outcomes to exit codes. No logic of its own. */
@NullMarked
package io.muxpool.cli;

import org.jspecify.annotations.NullMarked;
