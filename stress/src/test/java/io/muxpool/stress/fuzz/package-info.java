/**
 * Fuzzing: bytes that nobody thought of, for the codec alone and for the whole client.
 *
 * <pre>
 *   WireFuzzTest                         the bytes are frames, and the bodies of frames
 *   ClientFuzzTest ---> Encounter        the bytes are what a master does, while commands run over it
 *                         |-- Play       reads the bytes as moves, and makes them
 *                         |-- Errand     the commands
 *                         |-- Bystander  a connection that must not notice
 *                         '-- Complaints what the client itself calls a bug
 *   Seeds, ClientSeed, PlayBook          inputs to begin with; SeedsTest says what becomes of each
 * </pre>
 *
 * {@code ./check --fuzz MINUTES} looks for more of them. Without it, the fuzz tests try those that were kept. What fails
 * is kept, too, beside the seeds; what reached new code lies in {@code .cifuzz-corpus}, for the next run.
 */
@NullMarked
package io.muxpool.stress.fuzz;

import org.jspecify.annotations.NullMarked;
