package io.muxpool;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * A process that uses up what it may have, runs commands, gives it back, and runs more: {@code threads|files CONFIG
 * SOCKETS}. It says a line after each step.
 */
final class LimitedJvm {
    private final PrintStream out =
            new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
    private final ConnectionPool pool;

    private LimitedJvm(Path config, Path sockets) {
        Remote remote = Remote.builder("box")
                .configFile(config)
                .socketDir(sockets)
                .transport(TransportKind.MUX)
                .build();
        pool = ConnectionPool.builder(remote, "limited")
                .spares(0)
                .idleTime(Duration.ofMillis(50))
                .open();
    }

    public static void main(String[] args) throws Exception {
        LimitedJvm jvm = new LimitedJvm(Path.of(args[1]), Path.of(args[2]));
        if (args[0].equals("threads")) {
            jvm.withoutThreads();
        } else {
            jvm.withoutFiles();
        }
        // Whoever reads this ends the master.
        System.exit(0);
    }

    private void withoutThreads() throws Exception {
        out.println(run("echo"));
        while (Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().startsWith("muxpool-"))) {
            Thread.sleep(50);
        }
        CountDownLatch release = new CountDownLatch(1);
        List<Thread> hogs = hogThreads(release);
        // The first failure may open what the JDK keeps for ever.
        String said = run("echo");
        long before = openFiles();
        for (int i = 0; i < 5; i++) {
            said = run("echo");
        }
        out.println(said);
        out.println(openFiles() - before);
        release.countDown();
        for (Thread hog : hogs) {
            hog.join();
        }
        out.println(run("echo"));
    }

    private static List<Thread> hogThreads(CountDownLatch release) {
        List<Thread> hogs = new ArrayList<>();
        try {
            while (true) {
                Thread hog = new Thread(() -> {
                    try {
                        release.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
                hog.start();
                hogs.add(hog);
            }
        } catch (OutOfMemoryError e) {
            return hogs;
        }
    }

    private void withoutFiles() throws Exception {
        loadAll(Remote.class);
        out.println(run("echo"));
        out.println(run("echo"));
        Thread.sleep(200);
        List<FileInputStream> hogs = hogFiles();
        String said = run("echo");
        hogs.remove(hogs.size() - 1).close();
        hogs.forEach(LimitedJvm::close);
        out.println(said);
        out.println(run("echo"));
        // Attached, and then nothing can be opened any more: not even a socket to ask the master on.
        Command slow = Command.shell("sleep 12; echo hello");
        Thread hogger = new Thread(() -> {
            try {
                Thread.sleep(1000);
                hogs.clear();
                hogs.addAll(hogFiles());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        hogger.start();
        String told = run(slow);
        hogger.join();
        hogs.forEach(LimitedJvm::close);
        out.println(told);
    }

    /** Classes come from a directory here, each from a file of its own, and not from a jar that is open already. */
    private static void loadAll(Class<?> one) throws Exception {
        Path root =
                Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".class")).toList()) {
                String name = root.relativize(file).toString().replace('/', '.');
                if (name.startsWith("io.muxpool.")) {
                    Class.forName(name.substring(0, name.length() - ".class".length()), false, one.getClassLoader());
                }
            }
        }
    }

    private static List<FileInputStream> hogFiles() {
        List<FileInputStream> hogs = new ArrayList<>();
        try {
            while (true) {
                hogs.add(new FileInputStream("/dev/null"));
            }
        } catch (IOException e) {
            return hogs;
        }
    }

    private static void close(FileInputStream file) {
        try {
            file.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private String run(String word) {
        return run(Command.of(word, "hello"));
    }

    private String run(Command command) {
        try {
            return pool.run(command).check().stdoutText().strip();
        } catch (RuntimeException e) {
            return (e.getClass().getSimpleName() + ": " + e.getMessage()).replace('\n', ' ');
        } catch (OutOfMemoryError e) {
            return "error: " + e.getMessage();
        }
    }

    private static long openFiles() {
        String[] names = new java.io.File("/proc/self/fd").list();
        return names == null ? 0 : names.length;
    }
}
