package io.muxpool.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
        customSynopsis = {"muxpool push [options] FILE... user@host:PATH", "muxpool push [options] FILE... NODESET:PATH"
        },
        description = "Copies files to a remote over a warm connection: checked, resumable, striped over channels where"
                + " that helps. To many hosts when their node set is in front of the colon: 'web[01-99]:DIR/'",
        exitCodeOnInvalidInput = ExitCodes.SSH,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every file is in its place, whole",
            "124:--timeout ran out",
            "130:^C was pressed, and there were many hosts",
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
        Place target;
        List<CopyOptions.Task> tasks;
        try {
            target = Place.parse(words.get(words.size() - 1));
            tasks = tasks(target);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
        return target.isSet() ? new CopyFleet(options, tasks).run() : options.run(tasks.get(0));
    }

    private List<CopyOptions.Task> tasks(Place target) {
        List<String> files = words.subList(0, words.size() - 1);
        boolean directory = target.path().isEmpty() || target.path().endsWith("/");
        if (files.size() > 1 && !directory) {
            throw new IllegalArgumentException(
                    "several files need a directory, which ends with a slash: \"" + target.path() + "/\"");
        }
        List<CopyOptions.Work> works = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (String file : files) {
            Path local = Path.of(Place.text(file));
            @Nullable Path name = local.getFileName();
            // Of many copies, none is begun that can be seen to fail.
            boolean looked = files.size() > 1 || target.isSet();
            if (name == null || (looked && !Files.isRegularFile(local))) {
                throw new IllegalArgumentException("no such file here: " + file);
            }
            if (looked && !Files.isReadable(local)) {
                throw new IllegalArgumentException("it cannot be read: " + file);
            }
            if (!names.add(name.toString())) {
                throw new IllegalArgumentException("two files would have one place there: " + name);
            }
            works.add((copy, job) -> copy.push(local, target.path(), job));
        }
        return target.hosts().stream().map(host -> options.task(host, works)).toList();
    }
}
