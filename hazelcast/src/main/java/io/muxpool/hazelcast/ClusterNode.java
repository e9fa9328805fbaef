package io.muxpool.hazelcast;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.config.SplitBrainProtectionConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.muxpool.fleet.Carrier;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A member of a cluster, which runs the commands of the hosts whose keys it owns. Thread-safe.
 *
 * <p>It listens on loopback unless told otherwise. Whoever can reach it can run anything on every host of the fleet.
 */
public final class ClusterNode implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final HazelcastInstance hazelcast;
    private final NodeWork work;
    private final Carrier carrier;

    private ClusterNode(HazelcastInstance hazelcast, Carrier carrier) {
        this.hazelcast = hazelcast;
        this.carrier = carrier;
        this.work = NodeWork.install(carrier, hazelcast);
    }

    /**
     * How a member is set up.
     *
     * @param clusterName members and clients of other names are refused; it is no secret
     * @param host the address to listen on
     * @param port the port; when it is taken, the next free one of the hundred behind it
     * @param join addresses of other members, as {@code host:port}; they need not be there yet
     * @param commands run at a time, at most
     * @param quorum members that must see each other for commands to begin; more than half of all of them keeps a cluster
     *     that breaks in two from running a host's command on both sides. 1 asks for none
     */
    public record Setup(String clusterName, String host, int port, List<String> join, int commands, int quorum) {
        /** @throws IllegalArgumentException when a value is out of range */
        public Setup {
            join = List.copyOf(join);
            if (clusterName.isBlank()) {
                throw new IllegalArgumentException("a cluster's name must not be empty");
            }
            if (port < 1 || port > 65_535) {
                throw new IllegalArgumentException("a member's port must be 1 to 65535: " + port);
            }
            if (commands < 1 || quorum < 1) {
                throw new IllegalArgumentException(
                        "a member's commands at a time and its quorum must be at least 1: " + commands + ", " + quorum);
            }
        }

        /** Loopback, the first free port from 5701 on, 64 commands at a time. */
        public static Setup onLoopback(String clusterName) {
            return new Setup(clusterName, "127.0.0.1", 5701, List.of("127.0.0.1"), 64, 1);
        }
    }

    /**
     * Starts a member. Blocks until it has joined the others, or found none: some seconds.
     *
     * @param carrier runs commands on hosts; closed with the node
     * @throws IllegalStateException when it cannot listen there
     */
    public static ClusterNode start(Setup setup, Carrier carrier) {
        return start(config(setup), carrier);
    }

    /**
     * Starts a member by a configuration of one's own. Blocks as {@link #start(Setup, Carrier)} does.
     *
     * @param config made by {@link #config}, and then changed: what it holds of maps and of operations whose state is not
     *     known is what keeps commands from running twice
     * @param carrier runs commands on hosts; closed with the node
     */
    public static ClusterNode start(Config config, Carrier carrier) {
        HazelcastInstance hazelcast = Hazelcast.newHazelcastInstance(config);
        ClusterNode node = new ClusterNode(hazelcast, carrier);
        // Keys are given to members when somebody first asks for one, and clients only hear of it.
        hazelcast.getPartitionService().getPartition(config.getClusterName()).getOwner();
        return node;
    }

    /** What {@link #start(Setup, Carrier)} starts by, for whoever has more to set: TLS, authentication, a license. */
    public static Config config(Setup setup) {
        Config config = new Config();
        config.setClusterName(setup.clusterName());
        config.setProperty("hazelcast.phone.home.enabled", "false");
        config.setProperty("hazelcast.shutdownhook.enabled", "false");
        // A mark that another member may not have is no mark.
        config.setProperty("hazelcast.invocation.fail.on.indeterminate.operation.state", "true");
        config.getMetricsConfig().setEnabled(false);
        NetworkConfig network = config.getNetworkConfig();
        network.setPort(setup.port()).setPortAutoIncrement(true);
        network.getInterfaces().setEnabled(true).addInterface(setup.host());
        network.setPublicAddress(setup.host());
        JoinConfig join = network.getJoin();
        join.getAutoDetectionConfig().setEnabled(false);
        join.getMulticastConfig().setEnabled(false);
        join.getTcpIpConfig().setEnabled(true).setMembers(setup.join());
        config.getExecutorConfig(NodeWork.TASKS).setPoolSize(setup.commands());
        config.getExecutorConfig(NodeWork.CANCELS).setPoolSize(2);
        if (setup.quorum() > 1) {
            SplitBrainProtectionConfig most = new SplitBrainProtectionConfig("muxpool-quorum", true, setup.quorum());
            config.addSplitBrainProtectionConfig(most);
            config.addMapConfig(Begun.config().setSplitBrainProtectionName(most.getName()));
        } else {
            config.addMapConfig(Begun.config());
        }
        return config;
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return hazelcast.getCluster().getLocalMember().getSocketAddress();
    }

    /** How many members the cluster has, this one included. */
    public int members() {
        return hazelcast.getCluster().getMembers().size();
    }

    /** How many commands it runs now. */
    public int running() {
        return work.running();
    }

    /** Kills what runs, says so to whoever waits, leaves the cluster, and lets go of the hosts, their masters left warm. */
    @Override
    public void close() {
        work.end();
        long start = System.nanoTime();
        while (work.running() > 0 && System.nanoTime() - start < PATIENCE_NANOS) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
        try {
            hazelcast.shutdown();
        } finally {
            carrier.close();
        }
    }
}
