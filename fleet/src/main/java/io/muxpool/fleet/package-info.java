/**
 * One command on many hosts. {@link io.muxpool.fleet.NodeSet} names them, {@link io.muxpool.fleet.Fleet} holds what stays
 * warm between runs, {@link io.muxpool.fleet.FleetRun} is one run, and there is exactly one {@link
 * io.muxpool.fleet.HostResult} for each host of it.
 *
 * <pre>{@code
 * RunPlan plan = RunPlan.defaults().withLimit(50).withHostTimeout(Duration.ofMinutes(1));
 * try (Fleet fleet = Fleet.builder().build();
 *         FleetRun run = fleet.run(NodeSet.parse("web[01-99].example.com").hosts(), Command.of("uptime"), plan)) {
 *     for (HostResult result : run) {
 *         System.out.println(result.host() + ": " + result.outcome());
 *     }
 * }
 * }</pre>
 */
@NullMarked
package io.muxpool.fleet;

import org.jspecify.annotations.NullMarked;
