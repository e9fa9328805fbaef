/**
 * Chaos: many commands, a monkey that breaks everything under them, and a judge who holds what clients were told against
 * what the server did.
 *
 * <pre>
 *   Chaos ---- Monkey ---> Ground: sshd, proxy, socket directory, journal     breaks it
 *     |                       ^
 *     +------- Crew ----------'  deeds over pools, here and in Victims         uses it
 *     |          '-> Witness     a line for each that begins, and for what was told of it
 *     '------- Judge             witnesses against journal
 * </pre>
 */
@NullMarked
package io.muxpool.stress;

import org.jspecify.annotations.NullMarked;
