package io.muxpool.cli;

import io.muxpool.Command;
import io.muxpool.NotStartedException;
import io.muxpool.Output;
import io.muxpool.Remote;
import io.muxpool.RetryPolicy;
import io.muxpool.cli.fleet.Bar;
import io.muxpool.cli.fleet.DiffView;
import io.muxpool.cli.fleet.GatheredView;
import io.muxpool.cli.fleet.HostList;
import io.muxpool.cli.fleet.LiveView;
import io.muxpool.cli.fleet.PrefixView;
import io.muxpool.cli.fleet.ReportFile;
import io.muxpool.cli.fleet.Sink;
import io.muxpool.cli.fleet.Tally;
import io.muxpool.cli.fleet.View;
import io.muxpool.fleet.FailureLimit;
import io.muxpool.fleet.Fleet;
import io.muxpool.fleet.FleetRun;
import io.muxpool.fleet.HostOutcome;
import io.muxpool.fleet.HostResult;
import io.muxpool.fleet.Rollout;
import io.muxpool.fleet.RunPlan;
import io.muxpool.hazelcast.Cluster;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code muxpool fleet}: one command on many hosts. */
@CommandLine.Command(
        name = "fleet",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        customSynopsis = "muxpool fleet [options] [hosts...] -- command [argument...]",
        description = "Runs a command on many hosts over warm connections. Hosts are node sets: web[01-99].example.com,"
                + " db[1-3,7],!db2",
        exitCodeOnInvalidInput = ExitCodes.SSH,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:it succeeded on every host",
            "1:it failed on some, and is over on all; or the report cannot be written",
            "124:it was killed on some, their time being over",
            "130:^C was pressed",
            "255:some were not started or skipped, or their outcome is unknown; or bad usage"
        })
final class FleetCommand implements Callable<Integer> {
    private static final int MEGABYTE = 1024 * 1024;
    private static final int CAPTURE = 8 * MEGABYTE;
    private static final String SEPARATOR = "--";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RemoteOptions remoteOptions = new RemoteOptions();

    @Parameters(arity = "0..*", paramLabel = "hosts", description = "node sets, then -- and the command's words")
    private List<String> words = new ArrayList<>();

    @Option(
            names = "--hosts",
            paramLabel = "FILE",
            description = "a file of node sets, one a line, # for comments; '-' for standard input; may be repeated")
    private List<String> files = new ArrayList<>();

    @Option(
            names = "--config-hosts",
            paramLabel = "PATTERN",
            description = "the Hosts of the ssh configuration that match, such as 'web*'; may be repeated")
    private List<String> patterns = new ArrayList<>();

    @Option(
            names = {"-x", "--exclude"},
            paramLabel = "HOSTS",
            description = "a node set of hosts to leave out; may be repeated")
    private List<String> excluded = new ArrayList<>();

    @Option(names = "--once", description = "a host that is named twice is meant once, and is no error")
    private boolean once;

    @Option(names = "--limit", paramLabel = "N", description = "hosts at a time (default: 64)")
    private int limit = RunPlan.DEFAULT_LIMIT;

    @Option(names = "--timeout", paramLabel = "TIME", description = "of each host: 500ms, 10s, 2m; connecting counts")
    private @Nullable Duration timeout;

    @Option(names = "--run-timeout", paramLabel = "TIME", description = "of the whole run")
    private @Nullable Duration runTimeout;

    @Option(
            names = "--batch",
            paramLabel = "SIZES",
            description =
                    "one batch of hosts after another, the last size repeated: 1,10%%,100%% is one canary, a tenth,"
                            + " the rest; 10%% rolls over all")
    private @Nullable String batch;

    @Option(
            names = "--max-failures",
            paramLabel = "N",
            description = "start no more once N hosts or N%% of all have failed (default: none; 1 with --batch)")
    private @Nullable String maxFailures;

    @Option(
            names = "--retries",
            paramLabel = "N",
            description = "try a host again up to N times when it certainly has not started (default: 0)")
    private int retries;

    @Option(names = "--max-warm", paramLabel = "N", description = "hosts kept connected (default: 1024)")
    private int maxWarm = Fleet.Builder.DEFAULT_MAX_WARM;

    @Option(
            names = "--cluster",
            paramLabel = "HOST:PORT",
            split = ",",
            description =
                    "let the members of that cluster (muxpool node) run the commands, by ssh options of their own")
    private List<String> cluster = new ArrayList<>();

    @Option(names = "--cluster-name", paramLabel = "NAME", description = "default: muxpool")
    private String clusterName = "muxpool";

    @Option(names = "--shell", description = "the command is one line for the remote shell, not quoted: pipes, globs")
    private boolean shell;

    @Option(
            names = "--detach",
            description = "leave what the command starts in the background alone when the command is killed")
    private boolean detach;

    @ArgGroup
    private Show show = new Show();

    /** How results are shown: one of these, else each line as it comes, with its host in front. */
    private static final class Show {
        @Option(
                names = {"-b", "--gather"},
                description = "at the end, hosts that said the same together")
        private boolean gather;

        @Option(names = "--diff", description = "at the end, what most hosts said, and how the others differ")
        private boolean diff;

        @Option(names = "--json", description = "a JSON object a line for each host, as it ends")
        private boolean json;
    }

    @Option(names = "--report", paramLabel = "FILE", description = "write a page about the run, for a browser")
    private @Nullable Path report;

    private record Prepared(
            Map<String, Remote> remotes,
            Command command,
            RunPlan plan,
            @Nullable ReportFile report) {}

    @Override
    public Integer call() {
        // All of the user's words, files and paths are looked at here, before anything is done with them.
        Prepared prepared;
        try {
            prepared = prepare();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
        Fleet opened;
        try {
            opened = open(prepared);
        } catch (NotStartedException e) {
            say("not started: " + e.getMessage());
            return ExitCodes.SSH;
        }
        CompletableFuture<FleetRun> begun = new CompletableFuture<>();
        int hosts = prepared.remotes.size();
        try (Fleet fleet = opened;
                Bar bar = new Bar(hosts, Terminal.isStderr(), () -> progress(begun, hosts))) {
            Screen screen = new Screen(bar, () -> begun.thenAccept(FleetRun::cancel));
            View view = view(prepared, screen);
            Function<String, Command> commands = view instanceof LiveView live
                    ? host -> live.shown(host, prepared.command)
                    : host -> prepared.command;
            try (FleetRun run = fleet.run(prepared.remotes.keySet(), commands, prepared.plan)) {
                begun.complete(run);
                return follow(run, prepared, view, bar, screen);
            }
        }
    }

    private static FleetRun.Progress progress(CompletableFuture<FleetRun> begun, int hosts) {
        return begun.isDone() ? begun.join().progress() : new FleetRun.Progress(hosts, 0, 0, 0, 0);
    }

    private Fleet open(Prepared prepared) {
        if (!cluster.isEmpty()) {
            Quiet.unless(remoteOptions.isVerbose());
            return Fleet.over(Cluster.connect(clusterName, cluster));
        }
        return Fleet.builder()
                .remotes(host -> Objects.requireNonNull(prepared.remotes.get(host)))
                .maxWarm(maxWarm)
                .build();
    }

    /** Options of connections that this process does not make would be ignored in silence. */
    private void requireNoSshOptions() {
        ParseResult parsed = spec.commandLine().getParseResult();
        List<String> given = Objects.requireNonNull(spec.mixins().get("remoteOptions")).options().stream()
                .filter(parsed::hasMatchedOption)
                .map(OptionSpec::longestName)
                .filter(name -> !name.equals("--verbose"))
                .collect(Collectors.toCollection(ArrayList::new));
        if (parsed.hasMatchedOption("--max-warm")) {
            given.add("--max-warm");
        }
        if (!given.isEmpty()) {
            throw new IllegalArgumentException("with --cluster the members connect, by options of their own: give "
                    + String.join(" ", given) + " to muxpool node");
        }
    }

    private Prepared prepare() {
        if (!cluster.isEmpty()) {
            requireNoSshOptions();
        }
        // The parser has put hosts and words together.
        List<String> all = spec.commandLine().getParseResult().originalArgs();
        int separator = all.indexOf(SEPARATOR);
        if (separator < 0) {
            throw new IllegalArgumentException("the command is missing: muxpool fleet 'web[1-9]' -- uptime");
        }
        List<String> argv = all.subList(separator + 1, all.size());
        if (retries < 0) {
            throw new IllegalArgumentException("--retries must not be negative: " + retries);
        }
        if (maxWarm < 1) {
            throw new IllegalArgumentException("--max-warm must be at least 1: " + maxWarm);
        }
        Command command = RunCommand.command(argv, shell)
                .withDetached(detach)
                .withStdout(Output.capture(CAPTURE))
                .withStderr(Output.capture(CAPTURE))
                .withLogLevel(System.Logger.Level.DEBUG);
        RunPlan plan = plan();
        Map<String, Remote> remotes = new LinkedHashMap<>();
        hosts(words.subList(0, words.size() - argv.size()))
                .forEach(host -> remotes.put(host, remoteOptions.remoteOfList(host)));
        return new Prepared(remotes, command, plan, report == null ? null : ReportFile.at(report));
    }

    private List<String> hosts(List<String> sets) {
        HostList hosts = new HostList(once);
        for (String set : sets) {
            hosts.add(set, "'" + Text.oneLine(set) + "'");
        }
        files.forEach(hosts::addFile);
        patterns.forEach(
                pattern -> hosts.addConfig(remoteOptions.sshProgram(), remoteOptions.configFileOrDefault(), pattern));
        excluded.forEach(set -> hosts.exclude(set, "--exclude"));
        return hosts.hosts();
    }

    private RunPlan plan() {
        RunPlan plan = RunPlan.defaults()
                .withLimit(limit)
                .withRetry(RetryPolicy.builder()
                        .maxRetries(retries)
                        // An unreachable host may take ssh two minutes.
                        .maxElapsed(RetryPolicy.UNLIMITED_TIME)
                        .build());
        plan = timeout == null ? plan : plan.withHostTimeout(timeout);
        plan = runTimeout == null ? plan : plan.withTimeout(runTimeout);
        plan = batch == null ? plan : plan.withRollout(Rollout.parse(batch));
        return maxFailures == null ? plan : plan.withFailureLimit(FailureLimit.parse(maxFailures));
    }

    private View view(Prepared prepared, Screen screen) {
        if (show.json) {
            return new JsonLines();
        }
        if (show.gather) {
            return new GatheredView(Sink.stdout());
        }
        if (show.diff) {
            return new DiffView(Sink.stdout());
        }
        if (!cluster.isEmpty()) {
            // A member captures what a command writes, and sends it when it has ended.
            return new PrefixView(Sink.stdout(), Sink.stderr());
        }
        return new LiveView(
                Sink.stdout(),
                Sink.stderr(),
                prepared.remotes.keySet(),
                isOutputKept() ? CAPTURE : 0,
                screen::print,
                notice -> screen.bar.print(() -> say(notice)));
    }

    private static final class JsonLines implements View {
        @Override
        public void ended(HostResult result) {
            Stdout.line(JsonReport.host(result));
        }

        @Override
        public void over(List<HostResult> results) {
            // Each has been said.
        }
    }

    private int follow(FleetRun run, Prepared prepared, View view, Bar bar, Screen screen) {
        long start = System.nanoTime();
        Runnable last = () -> Optional.ofNullable(prepared.report).ifPresent(ReportFile::discard);
        // Open until all is said: whoever ends this process by a signal still hears what became of each host.
        try (Interrupts interrupts = Interrupts.of(run, last)) {
            List<HostResult> results = take(run, view, bar, screen);
            screen.print(() -> view.over(results));
            Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
            Tally tally = new Tally(results);
            if (Terminal.isStderr() || tally.exitCode() != ExitCodes.OK) {
                run.stopped().ifPresent(why -> say("stopped: " + why));
                tally.lines(elapsed).forEach(FleetCommand::say);
            }
            boolean reported = reported(prepared, results, elapsed);
            if (!screen.failure.isEmpty()) {
                say(screen.failure + "; the run was cancelled");
                return ExitCodes.SSH;
            }
            int code = interrupts.came() ? ExitCodes.INTERRUPTED : tally.exitCode();
            return reported ? code : Math.max(code, ExitCodes.FAILURE);
        }
    }

    /** A page that cannot be written takes nothing from what is known of the hosts. */
    private static boolean reported(Prepared prepared, List<HostResult> results, Duration elapsed) {
        try {
            if (prepared.report != null) {
                prepared.report.write(prepared.command.toString(), results, elapsed);
            }
            return true;
        } catch (UncheckedIOException e) {
            say(String.valueOf(e.getMessage()));
            return false;
        }
    }

    /** Whether it is needed when all have ended: else each host's is let go once it has been shown. */
    private boolean isOutputKept() {
        return show.gather || show.diff || report != null;
    }

    /** Every result, shown as it comes; then in the order of the hosts. */
    private List<HostResult> take(FleetRun run, View view, Bar bar, Screen screen) {
        Map<String, HostResult> byHost = new LinkedHashMap<>();
        for (HostResult taken : run) {
            HostResult result = taken;
            if (view instanceof LiveView live) {
                // It takes its turn on the screen itself.
                live.ended(taken);
                result = live.withKept(taken);
            } else {
                screen.print(() -> view.ended(taken));
            }
            byHost.put(taken.host(), isOutputKept() ? result : result.withoutOutput());
            HostResult shown = result;
            bar.print(() -> complain(shown));
        }
        bar.close();
        return run.hosts().stream()
                .map(host -> Objects.requireNonNull(byHost.get(host)))
                .toList();
    }

    /** Of hosts that had no turn there is a line at the end. */
    private void complain(HostResult result) {
        if (!show.json && !result.success() && !(result.outcome() instanceof HostOutcome.Skipped)) {
            say(Tally.brief(result.toString()));
        }
        if (!show.json && result.truncated()) {
            // With a report, all of it may have been shown as it came.
            say(result.host() + ": it wrote more than " + CAPTURE / MEGABYTE + " MiB; the rest is "
                    + (report != null && !show.gather && !show.diff ? "not in the report" : "dropped"));
        }
    }

    private static void say(String text) {
        System.err.println("muxpool: " + Text.oneLine(text));
    }

    /** Prints as long as standard output takes it. A run whose output nobody sees is cancelled. Thread-safe. */
    private static final class Screen {
        private final Bar bar;
        private final Runnable cancel;
        // Written while the bar is locked.
        private volatile String failure = "";

        Screen(Bar bar, Runnable cancel) {
            this.bar = bar;
            this.cancel = cancel;
        }

        void print(Runnable printing) {
            bar.print(() -> tryPrint(printing));
            if (!failure.isEmpty()) {
                cancel.run();
            }
        }

        private void tryPrint(Runnable printing) {
            if (!failure.isEmpty()) {
                return;
            }
            try {
                printing.run();
            } catch (UncheckedIOException e) {
                failure = String.valueOf(e.getMessage());
            }
        }
    }
}
