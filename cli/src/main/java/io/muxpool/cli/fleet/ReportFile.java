package io.muxpool.cli.fleet;

import io.muxpool.cli.Text;
import io.muxpool.fleet.HostResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;

/** Where a report goes. Its place is tried before the run; what was there stays until the new page is whole. */
public final class ReportFile {
    private final Path file;
    private final Path part;

    private ReportFile(Path file, Path part) {
        this.file = file;
        this.part = part;
    }

    /**
     * Tries the place.
     *
     * @throws IllegalArgumentException when no file can be made there
     */
    public static ReportFile at(Path file) {
        Path place = file.toAbsolutePath().normalize();
        Path directory = place.getParent();
        if (directory == null || (Files.exists(place) && !Files.isRegularFile(place))) {
            throw new IllegalArgumentException(
                    "there is a directory, or another thing than a file, where the report would be: "
                            + Text.oneLine(file.toString()));
        }
        try {
            Path part = directory.resolve(
                    ".muxpool-report-" + ProcessHandle.current().pid() + ".part");
            // Not a temporary file's private mode: a page is for others too, as the user's umask has it.
            Files.createFile(part);
            part.toFile().deleteOnExit();
            return new ReportFile(place, part);
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(
                    "there is no directory for the report " + Text.oneLine(file.toString()), e);
        } catch (AccessDeniedException e) {
            throw new IllegalArgumentException(
                    "the report cannot be written, access is denied: " + Text.oneLine(file.toString()), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("the report cannot be written: " + Text.oneLine(e.toString()), e);
        }
    }

    /** Leaves nothing behind of a page that will not be written. */
    public void discard() {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            // It is empty, and hidden; there is nobody left to be told.
            return;
        }
    }

    /**
     * Writes the page.
     *
     * @throws UncheckedIOException when that fails; what was there before is untouched
     */
    public void write(String command, List<HostResult> results, Duration elapsed) {
        try {
            Files.write(part, ReportPage.html(command, results, elapsed).getBytes(StandardCharsets.UTF_8));
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("the report " + file + " cannot be written: " + e.getMessage(), e);
        }
    }
}
