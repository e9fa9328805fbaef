package io.muxpool.bench;

import io.muxpool.bench.fleet.FleetBench;
import io.muxpool.bench.report.HtmlReport;
import io.muxpool.bench.report.Plot;
import io.muxpool.bench.report.RunJson;
import io.muxpool.bench.report.TerminalReport;
import io.muxpool.bench.result.BenchRun;
import io.muxpool.bench.result.SceneResult;
import io.muxpool.bench.result.Target;
import io.muxpool.bench.scene.Effort;
import io.muxpool.bench.scene.Scene;
import io.muxpool.bench.scene.Scenes;
import io.muxpool.bench.scene.Stage;
import io.muxpool.cli.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muxpool bench}: plays the scenes, and reports. */
@Command(
        name = "muxpool bench",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = FleetBench.class,
        sortOptions = false,
        description = {
            "Measures muxpool beside jsch, sshj, mina and ssh itself, in one run, on a server of its own on 127.0.0.1.",
            "Needs the OpenSSH server program (sshd), which it runs as you, with keys of its own."
        },
        footer = {"", "Half an hour, for figures to be published:  muxpool bench --effort full --report bench.html"})
final class BenchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            arity = "0..1",
            paramLabel = "[USER@]HOST",
            description =
                    "measure on this server of yours instead, as ssh finds it: only scenes that do no harm there, and"
                            + " only clients that read ssh's configuration. Moves some 250 MB")
    private @Nullable String destination;

    @Option(
            names = "--scene",
            paramLabel = "NAME",
            split = ",",
            description = "only these (default: all): ${COMPLETION-CANDIDATES}",
            completionCandidates = SceneNames.class)
    private List<String> names = List.of();

    @Option(names = "--effort", paramLabel = "HOW", description = "quick, normal (the default) or full")
    private Effort effort = Effort.NORMAL;

    @Option(names = "--json", paramLabel = "FILE", description = "write all figures there")
    private @Nullable Path json;

    @Option(names = "--report", paramLabel = "FILE", description = "write a page with plots there, self-contained")
    private @Nullable Path report;

    @Option(names = "--plots", paramLabel = "DIR", description = "write each plot there, as SVG")
    private @Nullable Path plots;

    @Option(names = "--list", description = "tell what scenes there are")
    private boolean list;

    /** For the help. */
    static final class SceneNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Scenes.all().stream().map(Scene::id).iterator();
        }
    }

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        if (list) {
            Scenes.all().forEach(scene -> out.printf("%-9s %s%n", scene.id(), scene.title()));
            return 0;
        }
        List<Scene> scenes = chosen();
        requireWritable();
        Instant started = Instant.now();
        List<SceneResult> results = new ArrayList<>();
        @Nullable Exception failure = null;
        try (Progress progress = Progress.of(scenes.size())) {
            for (Scene scene : scenes) {
                SceneResult result = play(scene, progress);
                results.add(result);
                progress.pause();
                out.println(TerminalReport.of(result));
                out.flush();
                progress.resume(results.size());
            }
        } catch (Exception e) {
            // What was measured until then is not lost.
            failure = e;
        }
        // They are meant for the server of our own, and its distances.
        List<Target> targets = destination == null ? Targets.of(results) : List.of();
        if (!targets.isEmpty()) {
            out.println(TerminalReport.targets(targets));
        }
        BenchRun run =
                new BenchRun(Facts.gather(), started, Duration.between(started, Instant.now()), results, targets);
        if (!results.isEmpty()) {
            write(run, out);
        }
        if (failure != null) {
            throw failure;
        }
        return 0;
    }

    /** A stage for each: nothing that one leaves behind is measured with the next. */
    private SceneResult play(Scene scene, Progress progress) throws Exception {
        try (Stage stage = destination == null
                ? Stage.own(effort, progress::step)
                : Stage.at(destination, effort, progress::step)) {
            return scene.run(stage);
        }
    }

    private List<Scene> chosen() {
        List<Scene> all = Scenes.all();
        Set<String> known = all.stream().map(Scene::id).collect(Collectors.toCollection(LinkedHashSet::new));
        for (String name : names) {
            if (!known.contains(name)) {
                throw bad("there is no scene " + name + "; there are " + String.join(", ", known));
            }
        }
        List<Scene> chosen = new ArrayList<>(all);
        chosen.removeIf(scene -> !names.isEmpty() && !names.contains(scene.id()));
        if (destination != null) {
            List<String> refused = chosen.stream()
                    .filter(scene -> !scene.isHarmless())
                    .map(Scene::id)
                    .toList();
            if (!names.isEmpty() && !refused.isEmpty()) {
                throw bad("only on a server of the benchmark's own: " + String.join(", ", refused));
            }
            chosen.removeIf(scene -> !scene.isHarmless());
        }
        return chosen;
    }

    /** Before the run: minutes of it would be lost. */
    private void requireWritable() {
        try {
            for (Path file : new Path[] {json, report}) {
                if (file != null) {
                    Files.write(file, new byte[0], StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                }
            }
            if (plots != null) {
                Files.createDirectories(plots);
            }
        } catch (IOException e) {
            throw bad("cannot be written: " + e.getMessage());
        }
    }

    private void write(BenchRun run, PrintWriter out) throws IOException {
        if (json != null) {
            RunJson.write(run, json);
            out.println("All figures:  " + json);
        }
        if (report != null) {
            Files.writeString(report, HtmlReport.of(run));
            out.println("The report:   " + report);
        }
        if (plots != null) {
            Plot.writeAll(run, plots);
            out.println("The plots:    " + plots);
        }
    }

    private ParameterException bad(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
