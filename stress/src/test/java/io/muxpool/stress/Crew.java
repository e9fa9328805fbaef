package io.muxpool.stress;

import io.muxpool.CommandResult;
import io.muxpool.ConnectionPool;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.Remote;
import io.muxpool.RetryPolicy;
import io.muxpool.TransportKind;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.Ssh;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The threads of one client process: each does deed after deed over one of two pools, mux and process transport, and the
 * witness writes down what it is told.
 */
final class Crew implements AutoCloseable {
    /**
     * How late a call may be after its job's end; then it must have ended, whatever happened: the grace of a kill, 5 s
     * for what is to be known of it (see Connection.run), and the rest for a busy machine.
     */
    private static final Duration LATEST = Duration.ofSeconds(6);

    private static final Duration GRACE = Duration.ofMillis(200);

    private final Errand errand;
    private final Witness witness;
    private final List<ConnectionPool> pools = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong next;
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();
    private volatile boolean over;

    /**
     * What a crew is sent to do.
     *
     * @param first the number of its first deed; the others follow
     * @param testimony the file of its witness
     */
    record Errand(Path config, String host, Path sockets, Path journal, Path testimony, long first, int threads) {
        List<String> toArguments() {
            return List.of(
                    config.toString(),
                    host,
                    sockets.toString(),
                    journal.toString(),
                    testimony.toString(),
                    Long.toString(first),
                    Integer.toString(threads));
        }

        static Errand of(String[] words) {
            return new Errand(
                    Path.of(words[0]),
                    words[1],
                    Path.of(words[2]),
                    Path.of(words[3]),
                    Path.of(words[4]),
                    Long.parseLong(words[5]),
                    Integer.parseInt(words[6]));
        }
    }

    Crew(Errand errand) throws Exception {
        this.errand = errand;
        this.witness = new Witness(errand.testimony());
        this.next = new AtomicLong(errand.first());
        for (TransportKind transport : List.of(TransportKind.MUX, TransportKind.MUX, TransportKind.PROCESS)) {
            Remote remote = Remote.builder(errand.host())
                    .sshProgram(Ssh.program())
                    .configFile(errand.config())
                    .socketDir(errand.sockets())
                    .transport(transport)
                    .killGrace(GRACE)
                    .connectTimeout(Duration.ofSeconds(10))
                    .build();
            pools.add(ConnectionPool.builder(remote, "chaos" + pools.size())
                    .capacity(4)
                    .open());
        }
    }

    void start() {
        for (int i = 0; i < errand.threads(); i++) {
            ConnectionPool pool = pools.get(i % pools.size());
            Random random = new Random(errand.first() + i);
            Thread thread = new Thread(() -> work(pool, random), "crew-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private void work(ConnectionPool pool, Random random) {
        while (!over) {
            Deed deed = Deed.random(next.getAndIncrement(), random);
            // Half of them are run again when they are said not to have started: the very same line.
            RetryPolicy policy = random.nextBoolean()
                    ? RetryPolicy.none()
                    : RetryPolicy.builder().build();
            witness.begins(deed.number());
            try {
                witness.told(deed.number(), run(pool, deed, policy));
            } catch (RuntimeException | Error e) {
                witness.wrong(deed.number(), "an exception that nothing announces: " + e);
            }
        }
    }

    /** A call that has not ended when it must have: what its thread does is written down, and how late it was. */
    private final class Lateness implements AutoCloseable {
        private final Deed deed;
        private final ConnectionPool pool;
        private final Thread thread = Thread.currentThread();
        private final long start = System.nanoTime();
        private final Future<?> look;
        private volatile String where = "";

        Lateness(Deed deed, ConnectionPool pool) {
            this.deed = deed;
            this.pool = pool;
            this.look = watch.schedule(
                    () -> where = Arrays.toString(thread.getStackTrace()),
                    deed.timeout().plus(LATEST).toNanos(),
                    TimeUnit.NANOSECONDS);
        }

        @Override
        public void close() {
            look.cancel(false);
            long late = System.nanoTime() - start - deed.timeout().toNanos();
            if (late > LATEST.toNanos()) {
                witness.wrong(
                        deed.number(),
                        deed.kind() + " over " + pool.remote().transport() + " ended "
                                + TimeUnit.NANOSECONDS.toMillis(late) + " ms after its deadline; it was at " + where);
            }
        }
    }

    private Told run(ConnectionPool pool, Deed deed, RetryPolicy policy) {
        Job job = Job.withTimeout(deed.timeout());
        try {
            CommandResult result = timed(pool, deed, policy, job);
            if (result.exit() instanceof Exit.Ambiguous) {
                return Told.UNKNOWN;
            }
            String fault = deed.faultIn(result);
            if (!fault.isEmpty()) {
                witness.wrong(deed.number(), fault);
            }
            return Told.SUCCEEDED;
        } catch (NotStartedException e) {
            return Told.NOT_STARTED;
        } catch (OutcomeUnknownException e) {
            return Told.UNKNOWN;
        } catch (JobException e) {
            return told(deed, e.ending());
        }
    }

    private CommandResult timed(ConnectionPool pool, Deed deed, RetryPolicy policy, Job job) {
        try (Lateness lateness = new Lateness(deed, pool)) {
            return policy.call(
                    job, retry -> pool.run(deed.command(errand.journal()).withLogLevel(Level.TRACE), job));
        }
    }

    private Told told(Deed deed, Ending ending) {
        if (ending.fate() == Ending.Fate.CONFIRMED_DEAD && deed.kind() == Deed.Kind.SLEEP) {
            // The server is on this machine: its processes are to be seen. What is said must be true when it is said.
            List<String> alive = Processes.withArgument(deed.mark()).stream()
                    .map(Processes::commandLine)
                    .filter(line -> !line.isEmpty())
                    .toList();
            if (!alive.isEmpty()) {
                witness.wrong(deed.number(), "it was said to be dead, and its processes live: " + alive);
            }
        }
        return switch (ending.fate()) {
            case NOT_STARTED -> Told.NOT_STARTED;
            case CONFIRMED_DEAD -> Told.DEAD;
            case FIRST_PROCESS_DEAD, LIVES_ON, NOT_CONFIRMED -> Told.UNKNOWN;
        };
    }

    /** Finishes what is under way. */
    @Override
    public void close() throws Exception {
        over = true;
        for (Thread thread : threads) {
            thread.join();
        }
        watch.shutdownNow();
        pools.forEach(ConnectionPool::close);
        witness.close();
    }

    /** A crew in a process of its own, until standard input ends or it is killed. */
    public static void main(String[] words) throws Exception {
        try (Crew crew = new Crew(Errand.of(words))) {
            crew.start();
            System.in.readAllBytes();
        }
    }
}
