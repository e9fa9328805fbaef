package io.muxpool.internal.lease;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A note on how many sessions the server allows on one connection. To learn it costs a connection, which nobody should pay
 * twice. Believed for a day, since servers are reconfigured.
 */
final class SessionsHint {
    private static final Duration BELIEVED = Duration.ofDays(1);
    private static final String NAME = "sessions";
    private static final Pattern CONTENT = Pattern.compile("([1-9][0-9]{0,8})\\n");

    private SessionsHint() {}

    static OptionalInt read(Path directory) {
        return Note.read(directory, NAME, 16)
                .filter(note -> Duration.between(note.written(), Instant.now()).compareTo(BELIEVED) < 0)
                .map(note -> CONTENT.matcher(note.text()))
                .filter(Matcher::matches)
                .map(content -> OptionalInt.of(Integer.parseInt(content.group(1))))
                .orElse(OptionalInt.empty());
    }

    static void write(Path directory, int sessions) {
        Note.write(directory, NAME, sessions + "\n");
    }
}
