package io.muxpool.cli;

import java.nio.file.Files;
import java.nio.file.LinkOption;
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
        customSynopsis = {
            "muxpool pull [options] user@host:PATH... FILE",
            "muxpool pull [options] NODESET:PATH... DIRECTORY"
        },
        description =
                "Copies files from a remote over a warm connection: checked, resumable, striped over channels where"
                        + " that helps. From many hosts when their node set is in front of the colon: 'web[01-99]:FILE' DIRECTORY"
                        + " makes DIRECTORY/HOST/FILE of each",
        exitCodeOnInvalidInput = ExitCodes.SSH,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every file is in its place, whole",
            "124:--timeout ran out",
            "130:^C was pressed, and there were many hosts",
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
                    "the files, all of one host, or patterns for them (*, ?, [...]), and last the place for them: a file, or a directory (must be one for several files)")
    private List<String> words = new ArrayList<>();

    @Override
    public Integer call() {
        List<Place> sources;
        List<CopyOptions.Task> tasks;
        try {
            sources = words.subList(0, words.size() - 1).stream()
                    .map(Place::parse)
                    .toList();
            tasks = tasks(sources);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
        return sources.get(0).isSet() ? new CopyFleet(options, tasks).run() : options.run(tasks.get(0));
    }

    private List<CopyOptions.Task> tasks(List<Place> sources) {
        Path target = Path.of(Place.text(words.get(words.size() - 1)));
        if (sources.stream().map(Place::host).distinct().count() > 1) {
            throw new IllegalArgumentException("the files must be of one host, or of the same: one pull for each");
        }
        Place first = sources.get(0);
        if ((sources.size() > 1 || first.isSet()) && !Files.isDirectory(target)) {
            String many = first.isSet() ? "many hosts" : "several files";
            throw new IllegalArgumentException(many + " need a directory that is there: \"" + target + "\"");
        }
        Set<String> names = new HashSet<>();
        for (Place source : sources) {
            String name = source.path().substring(source.path().lastIndexOf('/') + 1);
            if (first.isSet()) {
                requirePlain(name, "\"" + source.path() + "\" does not end with a file's name");
            }
            // What a pattern stands for is known only when the server has been asked.
            boolean known = name.chars().noneMatch(c -> c == '*' || c == '?' || c == '[');
            if (known && !names.add(name)) {
                throw new IllegalArgumentException("two files would have one place here: " + name);
            }
        }
        return first.hosts().stream()
                .map(host -> options.task(host, works(sources, first.isSet() ? own(target, host) : target)))
                .toList();
    }

    private static List<CopyOptions.Work> works(List<Place> sources, Path target) {
        boolean many = sources.get(0).isSet();
        return sources.stream()
                .map(source -> (CopyOptions.Work) new PullWork(source.path(), target, many))
                .toList();
    }

    /** The directory of one of many hosts. */
    private static Path own(Path target, String host) {
        requirePlain(host, "no directory here can have the name of the host \"" + host + "\"");
        Path own = target.resolve(host);
        if (Files.exists(own, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(own)) {
            throw new IllegalArgumentException("there is something else than a directory at " + own);
        }
        return own;
    }

    private static void requirePlain(String name, String otherwise) {
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.contains("/")) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
