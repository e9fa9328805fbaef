package io.muxpool.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * An ssh program that notes each of its calls before it becomes the real one, so that a test can tell how many
 * processes something took, and with which words.
 *
 * <p>It keeps its pid and costs about a millisecond. Concurrent calls are told apart as long as their words fit into
 * some KiB. Thread-safe.
 */
public final class CountingSsh implements AutoCloseable {

    /** Between two words: the unit separator of ASCII. */
    private static final char UNIT = '\037';

    /** After a call: the record separator. */
    private static final char RECORD = '\036';

    private final ShortTemp temp;

    private CountingSsh(ShortTemp temp) {
        this.temp = temp;
    }

    /** Counts the calls of {@link Ssh#program()}. */
    public static CountingSsh create() {
        return of(Ssh.program());
    }

    /**
     * Counts the calls of a program.
     *
     * @param real its path, or a name on the PATH
     */
    public static CountingSsh of(String real) {
        CountingSsh counting = new CountingSsh(ShortTemp.create());
        PrivateFiles.write(counting.record(), "");
        // Joining by IFS and a builtin that writes once: no process more, and calls at the same time do not mingle.
        Path script = PrivateFiles.write(counting.temp.resolve("ssh"), """
                #!/bin/sh
                saved=$IFS
                IFS='%s'
                printf '%%s\\036' "$*" >>'%s'
                IFS=$saved
                exec '%s' "$@"
                """.formatted(UNIT, counting.record(), real));
        PrivateFiles.permit(script, "rwx------");
        return counting;
    }

    /** The program to call: the path of a file named {@code ssh}. */
    public String program() {
        return temp.resolve("ssh").toString();
    }

    /** How many calls there were so far. */
    public int count() {
        return calls().size();
    }

    /** The words of each call so far, without the program's name, in the order of the calls. */
    public List<List<String>> calls() {
        try {
            String[] calls = Files.readString(record(), UTF_8).split(String.valueOf(RECORD), -1);
            // What follows the last separator is no call, or one that is being noted just now.
            return Arrays.stream(calls, 0, calls.length - 1)
                    .map(call -> List.of(call.split(String.valueOf(UNIT), -1)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + record(), e);
        }
    }

    /** Deletes the program: calls fail from now on, those that were made go on. Harmless when repeated. */
    @Override
    public void close() {
        temp.close();
    }

    private Path record() {
        return temp.resolve("calls");
    }
}
