package io.muxpool.cli;

import io.muxpool.LeaseInfo;
import io.muxpool.Leases;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code muxpool leases}: the warm connections of this user, and who holds them. */
@Command(
        name = "leases",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Lists the warm connections that processes of yours hold or have left; --stop ends the idle ones.")
final class LeasesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--socket-dir", paramLabel = "DIR", description = "where they are kept (default: ~/.ssh/muxpool)")
    private Path socketDir = Path.of(System.getProperty("user.home"), ".ssh", "muxpool");

    @Option(names = "--json", description = "print one JSON array, an object each")
    private boolean json;

    @Option(
            names = "--stop",
            description = "end the masters that no process holds and on which nothing runs, and list those that were"
                    + " ended")
    private boolean stop;

    @Override
    public Integer call() {
        if (socketDir.toString().isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--socket-dir must not be empty");
        }
        List<LeaseInfo> leases = stop ? Leases.stopIdle(socketDir) : Leases.list(socketDir);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Stdout.line(JsonReport.leases(leases));
        } else if (leases.isEmpty()) {
            out.println(
                    (stop ? "No idle connections" : "No warm connections") + " in " + socketDir + "." + leftAlone());
        } else {
            Table table = Table.of("REMOTE", "POOL", "MODE", "OWNER", "MASTER", "AGE", "SOCKET");
            leases.forEach(lease -> table.row(
                    Text.oneLine(lease.remote()),
                    Text.oneLine(lease.pool()),
                    lease.mode(),
                    owner(lease),
                    lease.masterPid().isPresent()
                            ? String.valueOf(lease.masterPid().getAsLong())
                            : "gone",
                    lease.masterAge().map(LeasesCommand::age).orElse("-"),
                    Text.oneLine(lease.socket().toString())));
            out.print(table);
            if (stop) {
                out.println("Stopped " + leases.size() + "." + leftAlone());
            }
        }
        if (out.checkError()) {
            throw new UncheckedIOException(new IOException("standard output cannot be written"));
        }
        return ExitCodes.OK;
    }

    private String leftAlone() {
        int left = stop ? Leases.list(socketDir).size() : 0;
        return left == 0 ? "" : " Left alone, since a process holds them or something runs on them: " + left + ".";
    }

    private static String owner(LeaseInfo lease) {
        if (!lease.held()) {
            return "free";
        }
        return lease.owner().isPresent() ? "pid " + lease.owner().getAsLong() : "held";
    }

    private static String age(Duration age) {
        long seconds = age.toSeconds();
        if (seconds < 60) {
            return seconds + "s";
        }
        return seconds < 3600
                ? seconds / 60 + "m" + seconds % 60 + "s"
                : seconds / 3600 + "h" + seconds % 3600 / 60 + "m";
    }
}
