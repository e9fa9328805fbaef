package io.muxpool.cli;

import io.muxpool.fleet.Carrier;
import io.muxpool.fleet.Fleet;
import io.muxpool.hazelcast.ClusterNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code muxpool node}: a member of a cluster, until it is told to end. */
@CommandLine.Command(
        name = "node",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Joins a cluster and runs the commands of muxpool fleet --cluster on the hosts that fall to it. The"
                        + " ssh options here are those of its connections. Whoever can connect to it can run anything on every"
                        + " host: it listens on loopback unless told otherwise.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:told to end", "1:cannot listen there", "2:bad usage"})
final class NodeCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RemoteOptions remoteOptions = new RemoteOptions();

    @Option(names = "--listen", paramLabel = "HOST:PORT", description = "default: 127.0.0.1:5701")
    private String listen = "127.0.0.1:5701";

    @Option(
            names = "--join",
            paramLabel = "HOST[:PORT]",
            description = "another member; may be repeated (default: those on loopback)")
    private List<String> join = new ArrayList<>();

    @Option(names = "--cluster-name", paramLabel = "NAME", description = "default: muxpool; it is no secret")
    private String clusterName = "muxpool";

    @Option(names = "--commands", paramLabel = "N", description = "commands at a time (default: 64)")
    private int commands = 64;

    @Option(
            names = "--quorum",
            paramLabel = "N",
            description =
                    "begin commands only while N members see each other: more than half of all keeps a cluster that"
                            + " breaks in two from running a command twice (default: 1)")
    private int quorum = 1;

    @Option(names = "--max-warm", paramLabel = "N", description = "hosts kept connected (default: 1024)")
    private int maxWarm = Fleet.Builder.DEFAULT_MAX_WARM;

    @Override
    public Integer call() throws InterruptedException {
        ClusterNode.Setup setup;
        Carrier carrier;
        try {
            setup = setup();
            // Tried now, not when the first host comes.
            remoteOptions.remote("host");
            carrier = Fleet.builder()
                    .remotes(remoteOptions::remote)
                    .maxWarm(maxWarm)
                    .carrier();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), Text.oneLine(String.valueOf(e.getMessage())), e);
        }
        Quiet.unless(remoteOptions.isVerbose());
        CountDownLatch end = new CountDownLatch(1);
        try (ClusterNode node = ClusterNode.start(setup, carrier);
                Shutdown shutdown = Shutdown.does(end::countDown)) {
            System.out.println("member " + setup.host() + ":" + node.address().getPort() + " of cluster "
                    + Text.oneLine(clusterName) + ", which has " + node.members()
                    + (node.members() == 1 ? " member" : " members"));
            System.out.flush();
            end.await();
        }
        return ExitCodes.OK;
    }

    private ClusterNode.Setup setup() {
        int colon = listen.lastIndexOf(':');
        if (colon < 1 || !listen.substring(colon + 1).matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException("--listen is an address and a port, such as 127.0.0.1:5701: " + listen);
        }
        return new ClusterNode.Setup(
                clusterName,
                listen.substring(0, colon),
                Integer.parseInt(listen.substring(colon + 1)),
                join.isEmpty() ? List.of("127.0.0.1") : join,
                commands,
                quorum);
    }
}
