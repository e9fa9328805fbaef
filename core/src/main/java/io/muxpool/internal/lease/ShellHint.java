package io.muxpool.internal.lease;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A note on the kind of the account's login shell. Believed for a day, since accounts are given other shells. */
final class ShellHint {
    static final Duration BELIEVED = Duration.ofDays(1);
    private static final String NAME = "shell";

    private ShellHint() {}

    static Optional<String> read(Path directory) {
        return Note.read(directory, NAME, 16)
                .filter(note -> {
                    Duration age = Duration.between(note.written(), Instant.now());
                    // Of a clock that was set back since, nothing is known.
                    return !age.isNegative() && age.compareTo(BELIEVED) < 0;
                })
                .map(note -> note.text().strip());
    }

    static void write(Path directory, String shell) {
        Note.write(directory, NAME, shell + "\n");
    }
}
