package io.muxpool.cli;

import io.muxpool.fleet.Carrier;
import io.muxpool.fleet.Fleet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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
        // All that needs Hazelcast is elsewhere: every muxpool command looks at the methods of this class.
        return NodeLife.of(this).live();
    }

    /** How it connects to hosts. */
    Carrier carrier() {
        // Tried now, not when the first host comes.
        remoteOptions.remote("host");
        return Fleet.builder()
                .remotes(remoteOptions::remoteOfList)
                .maxWarm(maxWarm)
                .carrier();
    }

    ParameterException refused(IllegalArgumentException e) {
        return new ParameterException(spec.commandLine(), Text.oneLine(String.valueOf(e.getMessage())), e);
    }

    boolean isVerbose() {
        return remoteOptions.isVerbose();
    }

    String listen() {
        return listen;
    }

    List<String> join() {
        return join.isEmpty() ? List.of("127.0.0.1") : join;
    }

    String clusterName() {
        return clusterName;
    }

    int commands() {
        return commands;
    }

    int quorum() {
        return quorum;
    }
}
