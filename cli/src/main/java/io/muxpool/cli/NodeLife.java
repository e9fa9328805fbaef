package io.muxpool.cli;

import io.muxpool.fleet.Carrier;
import io.muxpool.hazelcast.ClusterNode;
import java.util.concurrent.CountDownLatch;

/** A member of a cluster from its start until this process is told to end. */
final class NodeLife {
    private static final long PATIENCE_MILLIS = 30_000;

    private final ClusterNode.Setup setup;
    private final Carrier carrier;
    private final boolean verbose;

    private NodeLife(ClusterNode.Setup setup, Carrier carrier, boolean verbose) {
        this.setup = setup;
        this.carrier = carrier;
        this.verbose = verbose;
    }

    /** Looks at all words, and does nothing with them yet. */
    static NodeLife of(NodeCommand words) {
        try {
            return new NodeLife(setup(words), words.carrier(), words.isVerbose());
        } catch (IllegalArgumentException e) {
            throw words.refused(e);
        }
    }

    private static ClusterNode.Setup setup(NodeCommand words) {
        String listen = words.listen();
        int colon = listen.lastIndexOf(':');
        if (colon < 1 || !listen.substring(colon + 1).matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException("--listen is an address and a port, such as 127.0.0.1:5701: " + listen);
        }
        return new ClusterNode.Setup(
                words.clusterName(),
                listen.substring(0, colon),
                Integer.parseInt(listen.substring(colon + 1)),
                words.join(),
                words.commands(),
                words.quorum());
    }

    int live() throws InterruptedException {
        Quiet.unless(verbose);
        CountDownLatch end = new CountDownLatch(1);
        // Closed last: until the node has left, this process must not end.
        try (Shutdown shutdown = Shutdown.does(end::countDown, PATIENCE_MILLIS);
                ClusterNode node = ClusterNode.start(setup, carrier)) {
            int members = node.members();
            System.out.println("member " + setup.host() + ":" + node.address().getPort() + " of cluster "
                    + Text.oneLine(setup.clusterName()) + ", which has " + members
                    + (members == 1 ? " member" : " members"));
            System.out.flush();
            end.await();
        }
        return ExitCodes.OK;
    }
}
