package io.muxpool.cli;

import io.muxpool.Remote;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muxpool pull}. */
@CommandLine.Command(
        name = "pull",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        customSynopsis = "muxpool pull [options] user@host:PATH... FILE",
        description =
                "Copies files from a remote over a warm connection: checked, resumable, striped over channels where that helps.",
        exitCodeOnInvalidInput = ExitCodes.SSH,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every file is in its place, whole",
            "124:--timeout ran out",
            "255:not copied (one line says what, why, and what is left where), or bad usage"
        })
final class PullCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private CopyOptions options = new CopyOptions();

    @Parameters(
            arity = "2..*",
            paramLabel = "file",
            description =
                    "the files, all of one host, and last the place for them: a file, or a directory (must be one for several files)")
    private List<String> words = new ArrayList<>();

    @Override
    public Integer call() {
        Remote remote;
        List<CopyOptions.Work> works = new ArrayList<>();
        try {
            remote = prepare(works);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), Text.oneLine(String.valueOf(e.getMessage())));
        }
        return options.run(remote, works);
    }

    private Remote prepare(List<CopyOptions.Work> works) {
        List<Place> sources =
                words.subList(0, words.size() - 1).stream().map(Place::parse).toList();
        Path target = Path.of(Place.text(words.get(words.size() - 1)));
        if (sources.stream().map(Place::host).distinct().count() > 1) {
            throw new IllegalArgumentException("the files must be of one host: one pull for each");
        }
        if (sources.size() > 1 && !Files.isDirectory(target)) {
            throw new IllegalArgumentException("several files need a directory that is there: \"" + target + "\"");
        }
        Set<String> names = new HashSet<>();
        for (Place source : sources) {
            String name = source.path().substring(source.path().lastIndexOf('/') + 1);
            if (!names.add(name)) {
                throw new IllegalArgumentException("two files would have one place here: " + name);
            }
            works.add((copy, job) -> copy.pull(source.path(), target, job));
        }
        return options.remote(sources.get(0));
    }
}
