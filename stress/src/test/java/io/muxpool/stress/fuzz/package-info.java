/**
 * Fuzzing: bytes that nobody thought of, for the codec alone, for the whole client, and for it
 * behind the user's own ssh.
 *
 * <pre>
 *   WireFuzzTest                         the bytes are frames, and the bodies of frames
 *   ClientFuzzTest ---> Encounter        the bytes are what a master does, while commands run over it
 *                         |-- Play       reads the bytes as moves, and makes them
 *                         |-- Errand     the commands
 *                         |-- Bystander  a connection that must not notice
 *                         '-- Complaints what the client itself calls a bug
 *   ServerFuzzTest ---> Theatre          the bytes are what a server does to real masters, by both transports
 *                         |-- Stage      one transport: its masters, and an encounter on them
 *                         |-- Ledger     what was said, both ways, channel by channel (ServedChannel)
 *                         |-- Truth      what callers were told, held against that
 *                         '-- Neighbour  a connection that must not notice
 *   Seeds, ClientSeed, ServerSeed,       inputs to begin with; SeedsTest and ServerSeedsTest say what becomes of each
 *   PlayBook
 * </pre>
 *
 * {@code ./check --fuzz MINUTES} looks for more of them. Without it, the fuzz tests try those that were kept. What fails
 * is kept, too, beside the seeds; what reached new code lies in {@code .cifuzz-corpus}, for the next run.
 */
@NullMarked
package io.muxpool.stress.fuzz;

import org.jspecify.annotations.NullMarked;
