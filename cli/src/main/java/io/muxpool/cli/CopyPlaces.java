package io.muxpool.cli;

import io.muxpool.Job;
import io.muxpool.copy.Copied;
import io.muxpool.copy.Copy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The directories of many hosts, one for each. */
final class CopyPlaces {
    private CopyPlaces() {}

    /** Pulls a file into a directory that is made for it, and not left behind when nothing came. */
    static Copied pullInto(Copy copy, String source, Path directory, Job job) {
        boolean made = !Files.isDirectory(directory);
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the directory " + directory + ": " + e.getMessage(), e);
        }
        boolean came = false;
        try {
            Copied copied = copy.pull(source, directory, job);
            came = true;
            return copied;
        } finally {
            if (made && !came) {
                removeIfEmpty(directory);
            }
        }
    }

    private static void removeIfEmpty(Path directory) {
        try {
            Files.delete(directory);
        } catch (IOException e) {
            // A part is in it, or it is somebody else's by now.
            return;
        }
    }
}
