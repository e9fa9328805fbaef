package io.muxpool.stress;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one client process knows, in a file that outlives it: {@code begin NUMBER} before a command, {@code told NUMBER
 * TOLD} behind it, {@code wrong NUMBER TEXT} for what must not be. Each line is one write: a process that is killed leaves
 * whole lines. Thread-safe.
 */
final class Witness implements AutoCloseable {
    private final FileChannel file;

    Witness(Path path) throws IOException {
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    void begins(long number) {
        write("begin " + number);
    }

    void told(long number, Told told) {
        write("told " + number + " " + told);
    }

    void wrong(long number, String what) {
        write("wrong " + number + " " + what.replace('\n', ' '));
    }

    private void write(String line) {
        try {
            file.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException("a witness cannot write", e);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /**
     * What all the files of a directory say.
     *
     * @param told of each command that was begun
     * @param wrong what must not be, by the number of the command
     */
    record Testimony(Map<Long, Told> told, Map<Long, String> wrong) {
        static Testimony of(Path directory) throws IOException {
            Testimony all = new Testimony(new LinkedHashMap<>(), new LinkedHashMap<>());
            try (var files = Files.newDirectoryStream(directory)) {
                for (Path file : files) {
                    Files.readAllLines(file).forEach(all::hear);
                }
            }
            return all;
        }

        private void hear(String line) {
            String[] words = line.split(" ", 3);
            long number = Long.parseLong(words[1]);
            switch (words[0]) {
                case "begin" -> told.put(number, Told.NOTHING);
                case "told" -> told.put(number, Told.valueOf(words[2]));
                default -> wrong.merge(number, words[2], (a, b) -> a + "; " + b);
            }
        }
    }
}
