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

/** {@code muxpool push}. */
@CommandLine.Command(
        name = "push",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        customSynopsis = "muxpool push [options] FILE... user@host:PATH",
        description =
                "Copies files to a remote over a warm connection: checked, resumable, striped over channels where that helps.",
        exitCodeOnInvalidInput = ExitCodes.SSH,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every file is in its place, whole",
            "124:--timeout ran out",
            "255:not copied (one line says what, why, and what is left where), or bad usage"
        })
final class PushCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private CopyOptions options = new CopyOptions();

    @Parameters(
            arity = "2..*",
            paramLabel = "file",
            description =
                    "the files, and last the place for them: a file, or a directory (ends with /, and must for several files)")
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
        List<String> files = words.subList(0, words.size() - 1);
        Place target = Place.parse(words.get(words.size() - 1));
        boolean directory = target.path().isEmpty() || target.path().endsWith("/");
        if (files.size() > 1 && !directory) {
            throw new IllegalArgumentException(
                    "several files need a directory, which ends with a slash: \"" + target.path() + "/\"");
        }
        Set<String> names = new HashSet<>();
        for (String file : files) {
            Path local = Path.of(Place.text(file));
            if (files.size() > 1 && !Files.isRegularFile(local)) {
                throw new IllegalArgumentException("no such file here: " + file);
            }
            if (!names.add(local.getFileName().toString())) {
                throw new IllegalArgumentException("two files would have one place there: " + local.getFileName());
            }
            works.add((copy, job) -> copy.push(local, target.path(), job));
        }
        return options.remote(target);
    }
}
