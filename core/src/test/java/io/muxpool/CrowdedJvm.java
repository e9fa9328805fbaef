package io.muxpool;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A process that runs more commands at a time than it may have open files for: {@code TRANSPORT CONFIG SOCKETS}. It says in
 * one line how many ended in which way, and in another how a command ends afterwards.
 */
final class CrowdedJvm {
    private static final int THREADS = 40;
    private static final int COMMANDS = 120;

    private CrowdedJvm() {}

    @SuppressWarnings("SystemOut") // how it answers
    public static void main(String[] args) throws Exception {
        LimitedJvm.loadAll(Remote.class);
        Remote remote = Remote.builder("box")
                .configFile(Path.of(args[1]))
                .socketDir(Path.of(args[2]))
                .transport(TransportKind.valueOf(args[0]))
                .build();
        ExecutorService crowd = Executors.newFixedThreadPool(THREADS);
        try (ConnectionPool pool = ConnectionPool.open(remote, "crowded")) {
            // Loads what a command needs.
            run(pool);
            List<Future<String>> ends = new ArrayList<>();
            for (int i = 0; i < COMMANDS; i++) {
                ends.add(crowd.submit(() -> run(pool)));
            }
            Map<String, Integer> count = new TreeMap<>();
            for (Future<String> end : ends) {
                count.merge(end.get(), 1, Integer::sum);
            }
            System.out.println(count);
            System.out.println(run(pool));
        }
        System.exit(0);
    }

    private static String run(ConnectionPool pool) {
        try {
            return pool.run(Command.shell("sleep 0.1; echo hello"))
                    .check()
                    .stdoutText()
                    .strip();
        } catch (LocalLimitException e) {
            return "limit";
        } catch (RuntimeException | Error e) {
            return e.toString().replace('\n', ' ');
        }
    }
}
