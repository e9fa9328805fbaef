package io.muxpool.cli.demo;

import io.muxpool.CommandResult;
import io.muxpool.ConnectionPool;
import io.muxpool.Leases;
import io.muxpool.Remote;
import io.muxpool.cli.ExitCodes;
import io.muxpool.cli.Table;
import io.muxpool.cli.Version;
import io.muxpool.testkit.EmbeddedServer;
import io.muxpool.testkit.ShortTemp;
import java.io.PrintWriter;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code muxpool demo}: the main job on a server of its own, in seconds, touching nothing of the user's. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Shows the main job on an ssh server of its own, on 127.0.0.1 with keys of its own in a temporary directory:",
            "a cold connection, warm commands, parallel ones, and a second process that takes the warm connection over."
        })
public final class DemoCommand implements Callable<Integer> {
    private static final String POOL = "demo";
    private static final int HANDSHAKES = 10;
    private static final int THREADS = 8;
    private static final int PER_THREAD = 15;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--commands", paramLabel = "N", description = "warm commands, one after another (default: 200)")
    private int commands = 200;

    private final Measured handshakes = new Measured(
            "plain ssh", "a TCP connection and a handshake for every command: what everybody without a pool pays");
    private final Measured cold =
            new Measured("cold", "muxpool's first command: it starts a master, whose connection then stays");
    private final Measured warm = new Measured(
            "warm", "one after another over that connection: no handshake, the rest is starting the command there");
    private final Measured parallel = new Measured(
            "8 in parallel", "eight threads at once over the same single connection; they share this machine's cores");
    private final Measured second = new Measured(
            "second process", "a new `muxpool run`, Java's start included, that found the connection warm");

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        if (commands < 1) {
            throw new ParameterException(spec.commandLine(), "--commands must be at least 1: " + commands);
        }
        PrintWriter out = spec.commandLine().getOut();
        try (ShortTemp sockets = ShortTemp.create();
                EmbeddedServer server = EmbeddedServer.start()) {
            out.println("An ssh server of this demo's own listens on " + server.host() + " port " + server.port()
                    + "; it goes away with the demo.");
            out.println();
            out.flush();
            Remote remote = Remote.builder(server.userHost())
                    .port(server.port())
                    .configFile(server.clientConfig())
                    .socketDir(sockets.path().resolve("s"))
                    .build();
            try {
                measure(remote, out);
            } finally {
                Leases.stopIdle(remote.socketDir());
            }
        }
        return ExitCodes.OK;
    }

    private void measure(Remote remote, PrintWriter out) throws InterruptedException, ExecutionException {
        long master;
        try (ProgressBar bar = bar(HANDSHAKES + 1 + commands + THREADS * PER_THREAD + 1)) {
            try (ConnectionPool pool = ConnectionPool.open(
                    remote.toBuilder().reuseConnection(false).build(), POOL)) {
                repeat(HANDSHAKES, handshakes, pool, bar);
            }
            try (ConnectionPool pool = ConnectionPool.open(remote, POOL)) {
                master = repeat(1, cold, pool, bar);
                repeat(commands, warm, pool, bar);
                inParallel(pool, bar);
            }
            SecondProcess.Report report;
            try (ConnectionPool local = ConnectionPool.open(Remote.local(), POOL)) {
                report = SecondProcess.report(second.time(() -> SecondProcess.echo(local, remote, POOL)));
            }
            bar.step();
            if (report.masterPid() != master || !report.reused()) {
                throw new IllegalStateException("the second process did not take the warm connection over: "
                        + report.result().stdoutText());
            }
        }
        print(master, out);
    }

    private static long repeat(int times, Measured measured, ConnectionPool pool, ProgressBar bar) {
        long master = -1;
        for (int i = 0; i < times; i++) {
            CommandResult result = measured.time(() -> pool.run(quiet("echo", "hello")));
            master = result.masterPid().orElse(-1);
            bar.step();
        }
        return master;
    }

    private void inParallel(ConnectionPool pool, ProgressBar bar) throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Long>> running = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                running.add(threads.submit(() -> repeat(PER_THREAD, parallel, pool, bar)));
            }
            for (Future<Long> thread : running) {
                thread.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private void print(long master, PrintWriter out) {
        List<Measured> lines = List.of(handshakes, cold, warm, parallel, second);
        Table table = Table.of("LINE", "COMMANDS", "P50", "P90", "P99", "PER SECOND", "OVER");
        for (Measured line : lines) {
            table.row(
                    line.name(),
                    String.valueOf(line.count()),
                    Chart.millis(line.millis(50)),
                    line.count() == 1 ? "" : Chart.millis(line.millis(90)),
                    line.count() == 1 ? "" : Chart.millis(line.millis(99)),
                    String.format(Locale.ROOT, "%.1f", line.perSecond()),
                    line == handshakes ? "no master" : "master " + master);
        }
        out.println(table);
        out.println(Chart.of(lines));
        int names = lines.stream().mapToInt(line -> line.name().length()).max().orElse(0);
        lines.forEach(line -> out.println(String.format("%-" + names + "s  %s", line.name(), line.meaning())));
        out.println();
        out.println("One connection, master " + master + ", carried all but the plain ssh commands, in two processes.");
        out.flush();
    }

    private static io.muxpool.Command quiet(String... words) {
        return io.muxpool.Command.of(words).withLogLevel(Level.DEBUG);
    }

    /** On a terminal only: in a file it would be a mess. */
    private static ProgressBar bar(int steps) {
        boolean terminal = Ansi.AUTO.enabled();
        return new ProgressBarBuilder()
                .setTaskName("Running")
                .setInitialMax(steps)
                .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BAR)
                .clearDisplayOnFinish()
                .setUpdateIntervalMillis(terminal ? 100 : Integer.MAX_VALUE)
                .setConsumer(terminal ? null : new Silent())
                .build();
    }

    private static final class Silent implements ProgressBarConsumer {
        @Override
        public int getMaxRenderedLength() {
            return 80;
        }

        @Override
        public void accept(String rendered) {}

        @Override
        public void close() {}
    }
}
