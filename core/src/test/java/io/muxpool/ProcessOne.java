package io.muxpool;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A JVM that is process 1: does what is named, {@code NAME CONFIG SOCKETS}, says how it went, and then which other
 * processes there are, ended or not, when all of them should be gone.
 */
final class ProcessOne {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final PrintStream out =
            new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
    private final Path config;
    private final Path sockets;

    private ProcessOne(Path config, Path sockets) {
        this.config = config;
        this.sockets = sockets;
    }

    public static void main(String[] args) throws Exception {
        ProcessOne one = new ProcessOne(Path.of(args[1]), Path.of(args[2]));
        switch (args[0]) {
            case "stop" -> one.stopsAMaster();
            case "kill" -> one.killsAMasterWithAJump();
            case "refused" -> one.isRefused();
            case "silent" -> one.givesASilentServerUp();
            case "doctor" -> one.asksTheDoctor();
            case "hold" -> one.holdsMasters(Integer.parseInt(args[3]));
            default -> throw new IllegalArgumentException(args[0]);
        }
        one.out.println(one.others());
        System.exit(0);
    }

    private Remote.Builder remote(String host) {
        return Remote.builder(host)
                .configFile(config)
                .socketDir(sockets)
                .transport(TransportKind.MUX)
                .exitOnShutdown(true);
    }

    private ConnectionPool pool(String host) {
        return ConnectionPool.open(remote(host).build(), "one");
    }

    private void stopsAMaster() {
        try (ConnectionPool pool = pool("box")) {
            out.println(pool.run("echo", "hello").check().stdoutText().strip());
        }
    }

    private void killsAMasterWithAJump() {
        try (ConnectionPool pool = pool("behind")) {
            CommandResult result = pool.run("echo", "hello").check();
            out.println(result.stdoutText().strip());
            ProcessHandle.of(result.masterPid().orElseThrow()).orElseThrow().destroyForcibly();
        }
    }

    private void isRefused() {
        try (ConnectionPool pool = pool("refused")) {
            out.println(said(pool, Job.create()));
        }
    }

    /** Given up when ssh has come: then it is that which is waited for. */
    private void givesASilentServerUp() throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        Job job = Job.create();
        try (ServerSocket silent = new ServerSocket(0, 10, loopback);
                ConnectionPool pool = ConnectionPool.open(
                        remote("silent").port(silent.getLocalPort()).build(), "one")) {
            new Thread(() -> {
                        try {
                            silent.accept();
                        } catch (IOException e) {
                            // It is given up all the same, and the test sees that nobody came.
                            out.println(e);
                        }
                        job.cancel();
                    })
                    .start();
            out.println(said(pool, job));
        }
    }

    private static String said(ConnectionPool pool, Job job) {
        try {
            return pool.run(Command.of("echo", "hello"), job).stdoutText();
        } catch (SshException | JobException e) {
            return (e.getClass().getSimpleName() + ": " + e.getMessage()).replace('\n', ' ');
        }
    }

    private void asksTheDoctor() {
        List<Finding> findings = Doctor.examine(remote("box").build(), Job.create(), finding -> {});
        out.println(findings.stream()
                .filter(finding -> finding.check().equals("process 1"))
                .map(finding -> finding.found() + "; " + finding.remedy())
                .findFirst()
                .orElse("nothing about process 1"));
    }

    /** What so many masters cost; printed for whoever measures. */
    private void holdsMasters(int count) throws IOException {
        List<ConnectionPool> pools = new ArrayList<>();
        for (int i = 0; i <= count; i++) {
            ConnectionPool pool = ConnectionPool.open(remote("box").build(), "hold" + i);
            pools.add(pool);
            pool.run("true").check();
            if (i == 0 || i == count) {
                String[] open = new java.io.File("/proc/self/fd").list();
                out.println("masters " + (i + 1) + ", descriptors " + (open == null ? 0 : open.length) + ", threads "
                        + Thread.getAllStackTraces().size());
            }
        }
        for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
            Path proc = Path.of("/proc/" + process.pid());
            out.println(
                    process.pid() + " " + Files.readString(proc.resolve("comm")).strip() + " "
                            + Files.readAllLines(proc.resolve("smaps_rollup")).stream()
                                    .filter(line -> line.startsWith("Pss") || line.startsWith("Private_Dirty"))
                                    .toList());
        }
        pools.forEach(ConnectionPool::close);
    }

    /** The processes besides this one, when all are gone or nothing more is to be expected. */
    private String others() throws Exception {
        long start = System.nanoTime();
        while (true) {
            List<String> others = look();
            if (others.isEmpty() || System.nanoTime() - start > PATIENCE.toNanos()) {
                return "others: " + others;
            }
            Thread.sleep(10);
        }
    }

    private static List<String> look() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.filter(path -> path.getFileName().toString().matches("[0-9]+"))
                    .filter(path -> !path.endsWith("1"))
                    .map(ProcessOne::describe)
                    .filter(text -> !text.isEmpty())
                    .toList();
        }
    }

    private static String describe(Path process) {
        try {
            String stat = Files.readString(process.resolve("stat"));
            return stat.substring(stat.indexOf('('), stat.lastIndexOf(')') + 3);
        } catch (IOException e) {
            return "";
        }
    }
}
