package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.CommandResult.Route;
import io.muxpool.Ending;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.JobInterruptedException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PoolEvent;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.internal.master.PathUnusableException;
import io.muxpool.internal.master.ServerFacts;
import io.muxpool.internal.mux.End;
import io.muxpool.internal.mux.KillPlan;
import io.muxpool.internal.mux.Running;
import io.muxpool.internal.mux.Script;
import io.muxpool.internal.mux.Sessions;
import io.muxpool.internal.process.FileReservation;
import io.muxpool.internal.stream.Pumps;
import io.muxpool.internal.sweep.Marking;
import io.muxpool.internal.transport.SessionNotOpenedException.Why;
import io.muxpool.internal.turn.Turn;
import io.muxpool.internal.turn.Uninterrupted;
import io.muxpool.internal.unix.OwnLimits;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Commands over channels of one master, to which this link attaches at the first, and again after an idle time or a loss.
 * As long as it is attached nobody needs to ask whether the master lives: its socket would end.
 */
final class MuxLink implements Link {
    private static final Logger LOG = System.getLogger("io.muxpool.mux");

    private static final long ATTACH_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** After how long without a word a master is asked whether it still lives. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final MuxTransport transport;
    private final ControlMaster master;
    private final LinkOwner owner;
    private final Turn attaching = new Turn();

    /** A job that ended sooner says nothing about the connection. */
    private static final long SUSPECT_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** How long a server may take for an answer, at least. */
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final int ANSWER_ROUND_TRIPS = 20;

    private volatile @Nullable Attached attached;

    /** @param leftBehind how many sessions of given-up commands the master may hold, as told to the owner */
    record Attached(Sessions sessions, long pid, AtomicInteger leftBehind, AtomicBoolean suspected) {}

    /** An attachment for a command, which may be the first over a connection that was made for it. */
    record Way(Attached to, boolean reused) {
        Sessions sessions() {
            return to.sessions;
        }

        Route route() {
            return new Route(reused, OptionalLong.of(to.pid));
        }
    }

    MuxLink(MuxTransport transport, ControlMaster master, LinkOwner owner) {
        this.transport = transport;
        this.master = master;
        this.owner = owner;
    }

    // ---- attaching

    private Way attached(Job job) throws PathUnusableException, SessionNotOpenedException {
        Attached now = attached;
        if (now != null && now.sessions.isAlive()) {
            return new Way(now, true);
        }
        attaching.take(job, "waiting for the connection to " + transport.remote());
        try {
            now = attached;
            if (now != null && now.sessions.isAlive()) {
                return new Way(now, true);
            }
            try (FileReservation files = FileReservation.forConnection(job)) {
                return attach(job);
            }
        } finally {
            attaching.end();
        }
    }

    private Way attach(Job job) throws PathUnusableException, SessionNotOpenedException {
        long start = System.nanoTime();
        ControlMaster.Ready ready = master.ensure(job);
        if (owner.server().software() == null || !ready.reused()) {
            // How commands can be marked depends on it. A later process finds it noted.
            owner.serverKnown(master.facts(), true);
        }
        try {
            MuxTransport.Options options = transport.options();
            Watch watch = new Watch(leftBehindOn(ready.pid()));
            Sessions sessions = Sessions.connect(
                    master.socket(),
                    new Sessions.Limits(
                            options.capacity(),
                            owner.sessionsAllowed(),
                            options.spares(),
                            options.idleTime().toNanos(),
                            options.maxReceiveWindow(),
                            marking()),
                    watch);
            sessions.abandoned(watch.leftBehind.get());
            await(sessions, job);
            Attached now = new Attached(sessions, ready.pid(), watch.leftBehind, new AtomicBoolean());
            attached = now;
            owner.happened(() -> PoolEvent.Connected.since(start, ready.pid(), ready.reused()));
            return new Way(now, ready.reused());
        } catch (IOException e) {
            master.forget();
            if (OwnLimits.reached(e) != null) {
                throw new NotStartedException("cannot attach to the ssh master: " + e.getMessage(), true, e);
            }
            throw new SessionNotOpenedException(
                    "the ssh master at " + master.socket() + " did not take us on: " + e.getMessage(), Why.GONE, true);
        }
    }

    private Marking marking() {
        ServerFacts server = owner.server();
        if (server.refusesVariables()) {
            return Marking.IN_LINE;
        }
        return server.takesVariables() == null ? Marking.UNKNOWN : Marking.BY_REQUEST;
    }

    /** What was left behind on this master before we were idle and let go of it. What was on another went with that. */
    private AtomicInteger leftBehindOn(long pid) {
        Attached before = attached;
        if (before == null) {
            return new AtomicInteger();
        }
        if (before.pid != pid) {
            owner.leftBehind(-before.leftBehind.getAndSet(0));
        }
        return before.leftBehind;
    }

    private void await(Sessions sessions, Job job) throws IOException {
        CompletableFuture<Void> wake = new CompletableFuture<>();
        sessions.attached().whenComplete((done, failure) -> wake.complete(null));
        try (Job.Registration registration = job.onCancel(() -> wake.complete(null))) {
            wake.get(Math.min(ATTACH_NANOS, job.remainingNanos()), TimeUnit.NANOSECONDS);
            job.check("attaching to the ssh master");
            sessions.attached().getNow(null);
        } catch (ExecutionException | CompletionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        } catch (TimeoutException e) {
            sessions.abandon();
            job.check("attaching to the ssh master");
            throw new IOException("no answer within 5 s", e);
        } catch (InterruptedException e) {
            sessions.abandon();
            Thread.currentThread().interrupt();
            job.check("attaching to the ssh master");
        } catch (JobException e) {
            sessions.abandon();
            throw e;
        }
    }

    private final class Watch implements Sessions.Owner {
        final AtomicInteger leftBehind;

        Watch(AtomicInteger leftBehind) {
            this.leftBehind = leftBehind;
        }

        @Override
        public void refused(int sessions) {
            owner.outOfService(sessions);
        }

        @Override
        public void ended(Throwable why, boolean lost) {
            if (lost) {
                LOG.log(Level.INFO, "a connection to {0} was lost: {1}", transport.remote(), why.getMessage());
                master.forget();
                owner.leftBehind(-leftBehind.getAndSet(0));
                owner.happened(() -> new PoolEvent.ConnectionLost(String.valueOf(why.getMessage())));
            }
        }

        @Override
        public void closesIdleChannels() {
            owner.oneAtATime();
        }

        @Override
        public void opened(boolean ahead, long nanos) {
            owner.happened(() -> new PoolEvent.ChannelOpened(ahead, Duration.ofNanos(nanos)));
        }

        @Override
        public void windowChanged(int before, int after) {
            owner.happened(() -> new PoolEvent.WindowChanged(before, after));
        }

        @Override
        public void markingKnown(Marking marking) {
            owner.serverKnown(owner.server().withVariables(marking == Marking.BY_REQUEST), true);
        }
    }

    // ---- running

    @Override
    public Ran run(Command command, Job job) throws SessionNotOpenedException, PathUnusableException {
        long began = System.nanoTime();
        job.check(() -> doing(command));
        Way way = attached(job);
        Running running = start(way, command);
        CompletableFuture<Void> wake = new CompletableFuture<>();
        running.settled().thenRun(() -> wake.complete(null));
        running.failed().thenRun(() -> wake.complete(null));
        tellSent(running, began);
        try (Job.Registration registration = job.onCancel(() -> wake.cancel(false))) {
            await(wake, way, job);
            Running.@Nullable StreamFailure failure = running.failed().getNow(null);
            if (failure != null) {
                throw streamFailed(way, command, running, failure);
            }
            return ran(command, running, way);
        } catch (TimeoutException | CancellationException e) {
            suspectIfSilent(way, running, began);
            Ending ending = kill(way, command, running);
            job.check(doing(command), ending, running.partial());
            throw new AssertionError("the job has ended, yet it says it has not", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            Ending ending = kill(way, command, running);
            throw new JobInterruptedException(doing(command), ending, running.partial(), e);
        } catch (ExecutionException e) {
            throw new AssertionError("the wake is never failed", e);
        }
    }

    /**
     * Waits, and looks after the master meanwhile: one that hangs keeps its socket open. A command may be silent as long
     * as it likes, but then the master still answers a question on another socket.
     */
    private void await(CompletableFuture<Void> wake, Way way, Job job)
            throws InterruptedException, ExecutionException, TimeoutException {
        while (true) {
            try {
                wake.get(Math.min(SILENCE_NANOS, job.remainingNanos()), TimeUnit.NANOSECONDS);
                return;
            } catch (TimeoutException e) {
                if (job.remainingNanos() == 0) {
                    throw e;
                }
                if (isSilent(way)) {
                    // Not here: it takes 5 s to know one that hangs, which the job may not have.
                    Pumps.startSoon(() -> abandonIfHung(way));
                }
            }
        }
    }

    private static boolean isSilent(Way way) {
        return System.nanoTime() - way.sessions().lastNews() >= SILENCE_NANOS;
    }

    private void abandonIfHung(Way way) {
        if (isSilent(way) && way.sessions().isAlive() && master.hangs() && isSilent(way)) {
            LOG.log(
                    Level.WARNING,
                    "the ssh master {0} of {1} hangs: it is given up",
                    Long.toString(way.to.pid),
                    transport.remote());
            way.sessions().abandon();
        }
    }

    /** The same for a command that nobody waits for here, until its channel ends. */
    void lookAfter(Way way, Running running) {
        running.schedule(SILENCE_NANOS, () -> {
            if (!running.freed().isDone()) {
                // Not on the loop: the question may take its time.
                Pumps.startSoon(() -> {
                    abandonIfHung(way);
                    lookAfter(way, running);
                });
            }
        });
    }

    /**
     * A job has ended, and nothing at all came over the connection while it ran. The peer may have vanished (a network that
     * was unplugged, a machine without power) while the master knows nothing of it yet. The server is asked; without an
     * answer no more commands are started here. What runs goes on: it may have the longer breath.
     */
    private void suspectIfSilent(Way way, Running running, long began) {
        Sessions sessions = way.sessions();
        long asked = System.nanoTime();
        if (asked - began < SUSPECT_NANOS
                || sessions.lastNews() - began > 0
                || !sessions.isAlive()
                || !way.to.suspected.compareAndSet(false, true)) {
            return;
        }
        sessions.askOverNetwork();
        long patience = Math.max(ANSWER_NANOS, ANSWER_ROUND_TRIPS * sessions.roundTripNanos());
        running.schedule(patience, () -> {
            if (sessions.lastNews() - asked > 0 || !sessions.isAlive()) {
                way.to.suspected.set(false);
                return;
            }
            LOG.log(
                    Level.WARNING,
                    "{0} has not answered for {1} ms: no more commands are started on this connection",
                    transport.remote(),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
            Pumps.startSoon(owner::unresponsive);
        });
    }

    private void tellSent(Running running, long began) {
        running.sent()
                .thenRun(() ->
                        owner.happened(() -> new PoolEvent.CommandSent(Duration.ofNanos(System.nanoTime() - began))));
    }

    String doing(Command command) {
        return "running " + command + " on " + transport.remote();
    }

    private Running start(Way way, Command command) throws SessionNotOpenedException {
        try {
            Running running = Running.start(way.sessions(), script(command), transport.withInput(command));
            if (running == null) {
                throw full();
            }
            return running;
        } catch (IOException e) {
            throw new NotStartedException("cannot start " + command + ": " + e.getMessage(), false, e);
        }
    }

    private Script script(Command command) {
        return transport.script(command, owner.server().takesMarkedLines());
    }

    private static SessionNotOpenedException full() {
        return new SessionNotOpenedException("the connection carries all it may", Why.FULL, true);
    }

    private Ran ran(Command command, Running running, Way way) throws SessionNotOpenedException {
        End end = running.end();
        if (end instanceof End.Completed completed) {
            return new Ran(completed.exit(), running.stdout(), running.stderr(), way.route());
        }
        if (end instanceof End.GivenUp given && given.exit() != null) {
            // It was to be given up when it had exited.
            return new Ran(given.exit(), running.stdout(), running.stderr(), way.route());
        }
        throw failure(command, running, end);
    }

    RuntimeException failure(Command command, Running running, End end) throws SessionNotOpenedException {
        if (end instanceof End.NotOpened not) {
            throw new SessionNotOpenedException(
                    not.reason(), not.refused() ? Why.OUT_OF_SERVICE : Why.GONE, running.inputIntact());
        }
        if (end instanceof End.NotRun not) {
            return new NotStartedException(
                    command + " was not started on " + transport.remote() + ": " + not.reason(), false, null);
        }
        return unknown(command, running, end);
    }

    private OutcomeUnknownException unknown(Command command, Running running, End end) {
        String what;
        @Nullable Throwable cause = null;
        if (end instanceof End.Lost lost) {
            cause = lost.cause();
            what = "the connection to " + transport.remote() + " was lost while running " + command
                    + (lost.exit() == null ? "" : " (" + lost.exit() + ", but output may be missing)");
        } else {
            what = transport.remote() + " closed the session of " + command + " without a word on how it ended";
        }
        return new OutcomeUnknownException(what, running.partial(), cause);
    }

    private OutcomeUnknownException streamFailed(
            Way way, Command command, Running running, Running.StreamFailure failure) {
        Ending ending = kill(way, command, running);
        return new OutcomeUnknownException(
                command + " on " + transport.remote() + " was given up (" + ending + "): " + failure.message(),
                running.partial(),
                failure.cause());
    }

    /** Kills, waits until it is known what became of the command, and keeps account of a session that may go on. */
    private Ending kill(Way way, Command command, Running running) {
        CompletableFuture<Ending> killing = startKill(way, command, running);
        return Uninterrupted.call(killing::join);
    }

    CompletableFuture<Ending> startKill(Way way, Command command, Running running) {
        return server().thenCompose(server -> running.kill(plan(command, server)))
                .thenApply(ending -> {
                    account(way.to, running, ending);
                    return ending;
                });
    }

    /** What is known of the server, with what its login has shown: that is in a file, which the loop must not read. */
    private CompletableFuture<ServerFacts> server() {
        ServerFacts known = owner.server();
        if (known.forcedCommand() != null) {
            return CompletableFuture.completedFuture(known);
        }
        CompletableFuture<ServerFacts> found = new CompletableFuture<>();
        try {
            Pumps.start(() -> {
                try {
                    owner.serverKnown(master.facts(), true);
                } finally {
                    found.complete(owner.server());
                }
            });
        } catch (OutOfMemoryError e) {
            // No thread to be had.
            found.complete(known);
        }
        return found;
    }

    private KillPlan plan(Command command, ServerFacts server) {
        // An sshd before 9.8 refuses to signal the commands of root, whatever they are.
        boolean refusalSaysNothing = server.isSmallServer() || transport.logsInAsRoot();
        return new KillPlan(
                transport.remote().killGrace().toNanos(),
                SweepPolicy.refusal(command, server),
                refusalSaysNothing,
                // dropbear closes a session that runs nothing yet when another ends: it has to begin before.
                server.isKnownToHaveShell() || server.isSmallServer(),
                server.refusedSignals(),
                this::shellAnswered);
    }

    /** @param marked whether marks that go with a request arrive, where that could be seen */
    private void shellAnswered(Optional<Boolean> marked) {
        ServerFacts server = owner.server().withShell();
        owner.serverKnown(marked.map(server::withVariables).orElse(server), true);
    }

    private void account(Attached on, Running running, Ending ending) {
        if (!on.sessions.isAlive()) {
            // What it held is gone with its connection.
            return;
        }
        if (running.mayHoldItsSession(ending)) {
            // The server keeps its session as long as the process lives, and does not tell us when that ends.
            on.leftBehind.incrementAndGet();
            owner.leftBehind(1);
        } else if (!running.freed().isDone()) {
            owner.lingering(1);
            running.freed().thenRun(() -> owner.lingering(-1));
        }
    }

    @Override
    public Started start(Command command, Job job) throws SessionNotOpenedException, PathUnusableException {
        long began = System.nanoTime();
        job.check(doing(command));
        Way way = attached(job);
        Running running = Running.open(way.sessions(), script(command));
        if (running == null) {
            throw full();
        }
        tellSent(running, began);
        awaitSent(way, command, running, job, began);
        return new MuxStarted(this, way, command, running, job);
    }

    /** Whether a command was started is known before anybody gets it into his hands. */
    private void awaitSent(Way way, Command command, Running running, Job job, long began)
            throws SessionNotOpenedException {
        CompletableFuture<Void> wake = new CompletableFuture<>();
        running.sent().whenComplete((sent, failure) -> wake.complete(null));
        try (Job.Registration registration = job.onCancel(() -> wake.cancel(false))) {
            await(wake, way, job);
        } catch (TimeoutException | CancellationException | InterruptedException e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            suspectIfSilent(way, running, began);
            if (running.withdraw()) {
                account(way.to, running, Ending.notStarted());
                job.check(doing(command));
            }
            // Sent in the last moment: the one that gets it finds the job ended.
        } catch (ExecutionException e) {
            throw new AssertionError("the wake is never failed", e);
        }
        if (running.sent().isCompletedExceptionally()) {
            throw failure(command, running, running.end());
        }
    }

    @Override
    public void close() {
        Attached now = attached;
        if (now != null) {
            now.sessions.close();
        }
    }
}
