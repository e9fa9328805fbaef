package io.muxpool;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * A process that uses up what it may have, runs commands, gives it back, and runs more: {@code threads|files|end
 * CONFIG SOCKETS}. It says a line after each step.
 */
final class LimitedJvm {
    private final PrintStream out =
            new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
    private final ConnectionPool pool;

    private LimitedJvm(TransportKind transport, Path config, Path sockets) {
        Remote remote = Remote.builder("box")
                .configFile(config)
                .socketDir(sockets)
                .transport(transport)
                .build();
        pool = ConnectionPool.builder(remote, "limited")
                .spares(0)
                .idleTime(Duration.ofMillis(50))
                .open();
    }

    public static void main(String[] args) throws Exception {
        TransportKind transport = args[0].equals("end") ? TransportKind.PROCESS : TransportKind.MUX;
        LimitedJvm jvm = new LimitedJvm(transport, Path.of(args[1]), Path.of(args[2]));
        switch (args[0]) {
            case "threads" -> jvm.withoutThreads();
            case "files" -> jvm.withoutFiles();
            case "end" -> jvm.withoutFilesAtTheEnd();
            default -> throw new IllegalArgumentException(args[0]);
        }
        // Whoever reads this ends the master.
        System.exit(0);
    }

    private void withoutThreads() throws Exception {
        out.println(run("echo"));
        for (List<Thread> ours = ours(); !ours.isEmpty(); ours = ours()) {
            for (Thread thread : ours) {
                thread.join();
            }
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

    /** The library's threads, which end when they have had nothing to do for ten seconds. */
    private static List<Thread> ours() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("muxpool-"))
                .toList();
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
        // The JDK keeps a socket for ever from here on.
        SocketChannel.open(StandardProtocolFamily.UNIX).close();
        long others = sockets();
        out.println(run("echo"));
        out.println(run("echo"));
        while (sockets() > others) {
            // The pool lets go of the master when it has been idle for its 50 ms.
            Thread.onSpinWait();
        }
        List<FileInputStream> hogs = hogFiles();
        String said = run("echo");
        hogs.remove(hogs.size() - 1).close();
        hogs.forEach(LimitedJvm::close);
        out.println(said);
        out.println(run("echo"));
        // Attached, and then nothing can be opened any more: not even a socket to ask the master on.
        hogs.clear();
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        OutputStream hogger = new OutputStream() {
            @Override
            public void write(int one) {
                if (written.size() == 0) {
                    hogs.addAll(hogFiles());
                }
                written.write(one);
            }
        };
        Command slow = Command.shell("echo started; sleep 12; echo hello").withStdout(Output.stream(hogger));
        String told = run(slow);
        hogs.forEach(LimitedJvm::close);
        out.println(
                told.isEmpty()
                        ? written.toString(StandardCharsets.UTF_8)
                                .replace('\n', ' ')
                                .strip()
                        : told);
    }

    /** A command that ends when nothing can be opened any more, not even a socket to ask the master on. */
    private void withoutFilesAtTheEnd() throws Exception {
        loadAll(Remote.class);
        out.println(run("echo"));
        List<FileInputStream> hogs = new ArrayList<>();
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        try (PipedOutputStream go = new PipedOutputStream();
                PipedInputStream input = new PipedInputStream(go)) {
            OutputStream hogger = new OutputStream() {
                @Override
                public void write(int one) throws IOException {
                    if (written.size() == 0) {
                        hogs.addAll(hogFiles());
                        go.write("hello\n".getBytes(StandardCharsets.UTF_8));
                        go.close();
                    }
                    written.write(one);
                }
            };
            String told = run(Command.shell("echo started; read go; echo $go")
                    .withStdin(Input.stream(input))
                    // Its pipe would be one more file that is free at the end, and then there are enough to ask with.
                    .withStderr(Output.discard())
                    .withStdout(Output.stream(hogger)));
            hogs.forEach(LimitedJvm::close);
            out.println(
                    told.isEmpty()
                            ? written.toString(StandardCharsets.UTF_8)
                                    .replace('\n', ' ')
                                    .strip()
                            : told);
        }
        out.println(run("echo"));
    }

    /** Classes come from a directory here, each from a file of its own, and not from a jar that is open already. */
    static void loadAll(Class<?> one) throws Exception {
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

    private static long sockets() throws IOException {
        long count = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path file : files) {
                if (isSocket(file)) {
                    count++;
                }
            }
        }
        return count;
    }

    private static boolean isSocket(Path file) throws IOException {
        try {
            return Files.readSymbolicLink(file).toString().startsWith("socket:");
        } catch (NoSuchFileException e) {
            // Closed meanwhile.
            return false;
        }
    }

    private static long openFiles() {
        String[] names = new java.io.File("/proc/self/fd").list();
        return names == null ? 0 : names.length;
    }
}
