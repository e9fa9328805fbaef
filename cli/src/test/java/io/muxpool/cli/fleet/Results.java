package io.muxpool.cli.fleet;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.NotStartedException;
import io.muxpool.fleet.Carrier;
import io.muxpool.fleet.Fleet;
import io.muxpool.fleet.FleetRun;
import io.muxpool.fleet.HostResult;
import io.muxpool.fleet.RunPlan;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Results made up for views, by a run over a carrier that says what it is told. */
final class Results {
    private final Map<String, CommandResult> said = new LinkedHashMap<>();
    private final List<String> hosts = new ArrayList<>();

    Results says(String host, int status, String stdout, String stderr) {
        said.put(
                host,
                new CommandResult(
                        List.of("c"),
                        new Exit.Exited(status),
                        new CommandResult.Captured(stdout.getBytes(StandardCharsets.UTF_8), false),
                        new CommandResult.Captured(stderr.getBytes(StandardCharsets.UTF_8), false),
                        Duration.ofMillis(1),
                        CommandResult.Route.DIRECT));
        hosts.add(host);
        return this;
    }

    Results isNotReached(String host) {
        hosts.add(host);
        return this;
    }

    /** In the order they were given. */
    List<HostResult> list() {
        Carrier carrier = new Carrier() {
            @Override
            public CommandResult run(String host, Command command, Job job) {
                CommandResult result = said.get(host);
                if (result == null) {
                    throw new NotStartedException(
                            "cannot connect to " + host + ": refused [command: ssh " + host + "]", true, null);
                }
                return result;
            }

            @Override
            public void close() {}
        };
        try (Fleet fleet = Fleet.over(carrier);
                FleetRun run =
                        fleet.run(hosts, Command.of("c"), RunPlan.defaults().withLimit(1))) {
            return run.stream().toList();
        }
    }
}
