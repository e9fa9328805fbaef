package io.muxpool.copy;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.LocalLimitException;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A process that makes more copies at a time than it may have open files for: {@code CONFIG SOCKETS DIRECTORY}. It says in
 * one line how many ended in which way, and in another how a copy ends afterwards.
 */
final class CrowdedCopies {
    private static final int COPIES = 60;
    private static final int SIZE = 300_000;
    private static final int FREE = 50;

    private CrowdedCopies() {}

    @SuppressWarnings("SystemOut") // how it answers
    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[2]);
        Path source = directory.resolve("source");
        byte[] bytes = new byte[SIZE];
        new Random(1).nextBytes(bytes);
        Files.write(source, bytes);
        ExecutorService crowd = Executors.newFixedThreadPool(COPIES);
        Remote remote = Remote.builder("box")
                .configFile(Path.of(args[0]))
                .socketDir(Path.of(args[1]))
                .transport(TransportKind.MUX)
                .build();
        try (ConnectionPool pool = ConnectionPool.open(remote, "copies")) {
            // Loads what a copy needs, both ways.
            push(pool, source, "loaded");
            pull(pool, "loaded", directory.resolve("loaded"));
            List<FileInputStream> hogs = hogAllBut(FREE);
            List<Future<String>> ends = new ArrayList<>();
            for (int i = 0; i < COPIES; i++) {
                String name = "copy" + i;
                ends.add(crowd.submit(
                        i % 2 == 0
                                ? () -> push(pool, source, name)
                                : () -> pull(pool, "loaded", directory.resolve(name))));
            }
            Map<String, Integer> count = new TreeMap<>();
            for (Future<String> end : ends) {
                count.merge(end.get(), 1, Integer::sum);
            }
            System.out.println(count);
            for (FileInputStream hog : hogs) {
                hog.close();
            }
            System.out.println(pull(pool, "loaded", directory.resolve("last")));
        }
        System.exit(0);
    }

    /** Leaves so many, however many the class path has open. */
    private static List<FileInputStream> hogAllBut(int free) throws IOException {
        List<FileInputStream> hogs = new ArrayList<>();
        try {
            while (true) {
                hogs.add(new FileInputStream("/dev/null"));
            }
        } catch (IOException e) {
            for (int i = 0; i < free; i++) {
                hogs.remove(hogs.size() - 1).close();
            }
            return hogs;
        }
    }

    private interface Copying {
        void copy();
    }

    private static String push(ConnectionPool pool, Path source, String target) {
        return end(() -> Copy.over(pool).push(source, target, Job.create()));
    }

    private static String pull(ConnectionPool pool, String source, Path target) {
        return end(() -> Copy.over(pool).pull(source, target, Job.create()));
    }

    private static String end(Copying copying) {
        try {
            copying.copy();
            return "copied";
        } catch (LocalLimitException e) {
            return "limit";
        } catch (CopyException e) {
            boolean limit = e.retrySafe() && String.valueOf(e.getMessage()).contains("open files");
            return limit ? "limit" : e.toString().replaceAll("(copy|s)[0-9]+|[\n{}]", "");
        } catch (RuntimeException | Error e) {
            return e.toString().replace('\n', ' ');
        }
    }
}
