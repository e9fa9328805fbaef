/**
 * A fleet over a Hazelcast cluster. Hosts are keys: the member that owns a host's partition runs its commands, so that the
 * host's warm connections live on one machine. {@link io.muxpool.hazelcast.ClusterNode} is a member, {@link
 * io.muxpool.hazelcast.Cluster} a {@link io.muxpool.fleet.Carrier} that uses them:
 *
 * <pre>{@code
 * try (Fleet fleet = Fleet.over(Cluster.connect("muxpool", List.of("10.0.0.1:5701")));
 *         FleetRun run = fleet.run(hosts, Command.of("uptime"))) {
 *     run.forEach(System.out::println);
 * }
 * }</pre>
 *
 * <p>Whoever can connect to a member can run anything on every host of the fleet: it takes serialized tasks. Members listen
 * on loopback unless told otherwise. Hazelcast's open edition has neither TLS nor authentication; see SECURITY.md.
 */
@NullMarked
package io.muxpool.hazelcast;

import org.jspecify.annotations.NullMarked;
