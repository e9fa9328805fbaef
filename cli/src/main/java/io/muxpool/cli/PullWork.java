package io.muxpool.cli;

import io.muxpool.Job;
import io.muxpool.copy.Copied;
import io.muxpool.copy.Copy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The copy of one remote file, or of the files that a pattern stands for.
 *
 * @param target a file, or a directory to put it into
 * @param own whether the target is a directory of the host's own, to be made
 */
record PullWork(String source, Path target, boolean own) implements CopyOptions.Work {
    @Override
    public List<CopyOptions.Work> expand(Copy copy, Job job) {
        List<String> files = copy.matches(source, job);
        if (files.size() > 1 && !own && !Files.isDirectory(target)) {
            throw new IllegalArgumentException("\"" + source + "\" is " + files.size()
                    + " files, and they need a directory that is there: \"" + target + "\"");
        }
        return files.stream()
                .map(file -> (CopyOptions.Work) new PullWork(file, target, own))
                .toList();
    }

    @Override
    public Copied copy(Copy copy, Job job) {
        return own ? CopyPlaces.pullInto(copy, source, target, job) : copy.pull(source, target, job);
    }

    /** Where the file will be. */
    Path place() {
        return own || Files.isDirectory(target)
                ? target.resolve(source.substring(source.lastIndexOf('/') + 1))
                : target;
    }
}
