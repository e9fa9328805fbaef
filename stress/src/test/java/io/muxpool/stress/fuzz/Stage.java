package io.muxpool.stress.fuzz;

import io.muxpool.Connection;
import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.testkit.FakeServer;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import io.muxpool.testkit.Visitor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A fake server, and masters of the real ssh that lead there by one transport. Each encounter has a pool of its own, which
 * finds the master of the one before warm, if that has lived.
 */
final class Stage implements AutoCloseable {
    /** What it takes to start a master, with all that runs beside. */
    private static final Duration PATIENT = Duration.ofSeconds(20);

    /**
     * A server that takes its time over an answer makes the round trip long, and four of those are waited for, 3 s at most, to
     * hear of a kill; and there is what it takes to notice.
     */
    private static final Duration LATEST = Duration.ofSeconds(4);

    /** Then a master is sent away: a channel that its client and its server leave at once may never be closed by it. */
    private static final Duration SETTLING = Duration.ofMillis(200);

    /** How long a pool may take to close when no master hangs. */
    private static final Duration CLOSING = Duration.ofSeconds(5);

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final TransportKind transport;
    private final Ledger ledger = new Ledger();
    private final FakeServer server = FakeServer.start(ledger);
    private final ShortTemp temp;
    private int generation;
    private long starts;

    Stage(TransportKind transport, ShortTemp temp) {
        this.transport = transport;
        this.temp = temp;
    }

    /** How many masters are there. */
    int masters() {
        return ledger.visitors();
    }

    /** How often a master had to be started before an encounter. */
    long starts() {
        return starts;
    }

    private Path sockets() {
        return temp.resolve(transport.name().substring(0, 1) + generation);
    }

    private ConnectionPool pool() {
        Remote remote = Remote.builder(SshEndpoint.ALIAS)
                .sshProgram(Ssh.program())
                .configFile(server.clientConfig())
                .socketDir(sockets())
                .transport(transport)
                .killGrace(Duration.ofMillis(20))
                .build();
        return ConnectionPool.open(remote, "stage");
    }

    /**
     * Two commands, one after the other, while the server plays.
     *
     * @param timeout of each command's job
     */
    List<Told> encounter(Play play, Duration timeout) throws InterruptedException {
        if (ledger.visitors() == 0) {
            starts++;
            // That it can is to be seen, too: whatever was before, the next command is served.
            List<Told> told = perform(new Play(ServerSeed.polite(transport).toBytes(), PATIENT), PATIENT);
            if (!told.stream().allMatch(one -> one.words().equals("exit status 3"))) {
                throw new AssertionError("a server in order, and callers were told " + told);
            }
        }
        return perform(play, timeout);
    }

    private List<Told> perform(Play play, Duration timeout) throws InterruptedException {
        ledger.begin();
        ConnectionPool pool = pool();
        List<Told> told;
        try {
            told = callsDuring(play, pool, timeout);
        } finally {
            ledger.closeAll();
            close(pool);
        }
        boolean settled = ledger.settled(SETTLING);
        Truth.require(told, ledger.channels(), transport);
        if (!settled || ledger.visitors() > 1 || ledger.channels().stream().anyMatch(ServedChannel::refused)) {
            renew();
        }
        return told;
    }

    private List<Told> callsDuring(Play play, ConnectionPool pool, Duration timeout) throws InterruptedException {
        Calls calls = new Calls(
                (errand, mark) -> {
                    Job job = Job.withTimeout(timeout);
                    try (Connection connection = pool.connection(job)) {
                        return errand.on(connection, job, mark);
                    }
                },
                timeout,
                LATEST);
        ServerSide server = new ServerSide(ledger, play.manner(), calls);
        boolean[] more = {true};
        return calls.during(play.errands(), () -> {
            if (more[0]) {
                more[0] = play.on(server);
            } else {
                LockSupport.parkNanos(POLL_NANOS);
            }
        });
    }

    private static void close(ConnectionPool pool) {
        long start = System.nanoTime();
        pool.close();
        long took = System.nanoTime() - start;
        if (took > CLOSING.toNanos()) {
            throw new AssertionError("closing a pool took " + TimeUnit.NANOSECONDS.toMillis(took) + " ms");
        }
    }

    /** Sends all masters away, and forgets what was learned of the server: a play goes the same way every time. */
    private void renew() {
        ledger.dismiss().forEach(Visitor::hangUp);
        generation++;
    }

    @Override
    public void close() {
        ledger.dismiss().forEach(Visitor::hangUp);
        LeakCheck.endMasters(temp.path());
        server.close();
    }
}
