package io.muxpool.internal.mux;

import io.muxpool.Ending;
import io.muxpool.internal.mux.channel.EventLoop;
import io.muxpool.internal.sweep.Mark;
import io.muxpool.internal.sweep.Sweep;
import io.muxpool.internal.sweep.Swept;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Ends a command on the other side, whole, and finds out whether it is dead.
 *
 * <pre>
 *   not sent yet -> withdrawn: not started
 *
 *   the first process and its group       TERM -- grace --> KILL          by signal requests
 *   what left the group, or ignored it         sweep: TERM -- grace --> KILL   in a session of its own
 *
 *   the exit was told, and the sweep found nothing   -> confirmed dead
 *   the exit was told, and nobody could look         -> first process dead
 *   the sweep could not kill all that it found       -> lives on
 *   no exit in time, or the connection was lost      -> not confirmed
 * </pre>
 *
 * A sweep begins only when the server has answered a signal: sshd refuses signals to forced commands, and a session on
 * such an account would run the forced command once more. Nothing here blocks; the lock is held for moments, and futures
 * complete outside of it.
 */
final class Killer {
    /** The time for a server's answers, besides the grace: short, since a caller waits behind its deadline. */
    private static final long ANSWERS_NANOS = TimeUnit.MILLISECONDS.toNanos(600);

    /** But this many round trips, if that is longer: two are needed. */
    private static final int ROUND_TRIPS = 4;

    /** And no longer than this: a round trip may have been measured while the network stood still. */
    private static final long MOST_ANSWERS_NANOS = TimeUnit.SECONDS.toNanos(3);

    /** What a sweep that has begun may take beyond that: a shell has to start, and to look at every process. */
    private static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** How long a first look may hold up the first signal: a quarter of the grace, and no longer than this. */
    private static final long FIRST_LOOK_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** How long the end of a channel may be behind the exit of its command. */
    private static final long CLOSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** The first pause before processes that had TERM are counted again; each later one is longer. */
    private static final long COUNT_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final long MOST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Exchange exchange;
    private final Sessions sessions;
    private final KillPlan plan;
    private final long answersNanos;
    private final CompletableFuture<Ending> ending = new CompletableFuture<>();

    private final ReentrantLock lock = new ReentrantLock();
    // All guarded by lock.
    private @Nullable SweepSession sweeping;
    private @Nullable String notLooked;
    private boolean processEnded;
    private boolean graceOver;
    private boolean sweepReady;
    private boolean looked;
    private boolean signalled;
    // Whether TERM is the sweep's to send to all; null as long as the server has not answered a signal.
    private @Nullable Boolean termAll;
    private boolean termSent;
    private boolean finishing;
    private long countAgainNanos = COUNT_AGAIN_NANOS;

    private Killer(Exchange exchange, Sessions sessions, KillPlan plan) {
        this.exchange = exchange;
        this.sessions = sessions;
        this.plan = plan;
        this.answersNanos =
                Math.max(ANSWERS_NANOS, Math.min(MOST_ANSWERS_NANOS, ROUND_TRIPS * exchange.roundTripNanos()));
    }

    /**
     * Starts the killing.
     *
     * @return done when it is known what can be known: after the grace and 0.6 s, or four round trips (at most 3 s), and 2 s
     *     for a sweep at the most
     */
    static CompletableFuture<Ending> kill(Exchange exchange, Sessions sessions, KillPlan plan) {
        if (exchange.withdraw()) {
            return CompletableFuture.completedFuture(Ending.notStarted());
        }
        if (exchange.end().getNow(null) instanceof End.Completed) {
            // As with any process that has ended: what it left behind was left on purpose.
            return CompletableFuture.completedFuture(Ending.firstProcessDead("it ended by itself"));
        }
        Killer killer = new Killer(exchange, sessions, plan);
        if (exchange.exited().isDone()) {
            // The end of its channel may be right behind, and then it has ended by itself.
            sessions.loop().schedule(CLOSE_NANOS, killer::beginUnlessEnded);
        } else {
            killer.begin();
        }
        return killer.ending;
    }

    private void beginUnlessEnded() {
        if (exchange.end().getNow(null) instanceof End.Completed) {
            finish(Ending.firstProcessDead("it ended by itself"));
        } else {
            begin();
        }
    }

    private void begin() {
        boolean over = exchange.exited().isDone();
        // The end as told wins whatever else happens; it may have been told long ago.
        exchange.exited().thenRun(this::processEnded);
        exchange.end().thenAccept(this::channelEnded);
        long most = plan.graceNanos() + answersNanos;
        schedule(most, () -> timeUp(most));
        if (over) {
            // Nothing is left to be signalled there: what holds its outputs open is for the sweep.
            sweep();
        } else if (plan.lookFirst() && plan.noSweep() == null && exchange.mark() != null) {
            sweep();
            schedule(Math.min(FIRST_LOOK_NANOS, plan.graceNanos() / 4), this::firstSignal);
        } else {
            firstSignal();
        }
        // Whether TERM was answered or not: it may stand in a queue, and KILL then stands behind it.
        schedule(plan.graceNanos(), this::graceOver);
    }

    private void firstSignal() {
        boolean first;
        lock.lock();
        try {
            first = !signalled;
            signalled = true;
        } finally {
            lock.unlock();
        }
        if (first && plan.graceNanos() > 0) {
            signal("TERM");
        }
    }

    private void schedule(long nanos, Runnable next) {
        if (nanos == 0) {
            next.run();
            return;
        }
        EventLoop.Timer timer = sessions.loop().schedule(nanos, next);
        ending.whenComplete((known, failure) -> timer.cancel());
    }

    private void signal(String name) {
        if (ending.isDone() || exchange.exited().isDone()) {
            return;
        }
        exchange.signal(name).whenComplete((accepted, failure) -> {
            if (failure != null) {
                // The channel has ended: channelEnded() says how.
                return;
            }
            if (accepted
                    || plan.sweepUnsignalled()
                    || plan.lookFirst()
                    || exchange.exited().isDone()) {
                answered(!accepted);
                sweep();
            } else {
                finish(refused());
            }
        });
    }

    private void graceOver() {
        lock.lock();
        try {
            graceOver = true;
        } finally {
            lock.unlock();
        }
        signal("KILL");
        advance();
    }

    // ---- the sweep

    /** @param all whether TERM is the sweep's to send to the first process's group, too */
    private void answered(boolean all) {
        lock.lock();
        try {
            if (termAll == null) {
                termAll = all;
            }
        } finally {
            lock.unlock();
        }
        term();
    }

    private void sweep() {
        String mark = exchange.mark();
        @Nullable SweepSession begun = null;
        Sessions.Aside aside = Sessions.Aside.WITHIN_CAPACITY;
        lock.lock();
        try {
            if (sweeping != null || notLooked != null) {
                return;
            }
            if (plan.noSweep() != null) {
                notLooked = plan.noSweep();
            } else {
                // Also without a mark: when a shell answers, the lines of later commands can hold one.
                begun = SweepSession.create(
                        mark == null ? Mark.next() : mark, exchange.isMarkedByRequest(), exchange::ageNanos);
                // Without signals, the command's own session is freed by nobody but the sweep.
                if (Boolean.TRUE.equals(termAll) && !processEnded) {
                    aside = Sessions.Aside.BEYOND_CAPACITY;
                }
                sweeping = begun;
            }
        } finally {
            lock.unlock();
        }
        if (begun != null) {
            begun.start(sessions, aside);
            Sweep sweep = begun.sweep();
            ending.whenComplete((known, failure) -> sweep.failed("it was no longer wanted"));
            sweep.swept().thenAccept(found -> {
                if (sweep.isMarked().isPresent()) {
                    plan.greeted().accept(exchange.isMarkedByRequest() ? sweep.isMarked() : Optional.empty());
                }
                swept(found);
            });
            sweep.ready().thenRun(() -> ready(sweep, mark != null));
        }
        advance();
    }

    private void ready(Sweep sweep, boolean marked) {
        if (!marked) {
            sweep.failed(
                    "the server takes no variables (AcceptEnv LC_* in its sshd_config), and its command line held no"
                            + " mark");
            return;
        }
        boolean kill;
        boolean look;
        lock.lock();
        try {
            sweepReady = true;
            kill = graceOver;
            look = !signalled && !processEnded;
            looked = !look;
        } finally {
            lock.unlock();
        }
        if (kill) {
            advance();
        } else if (look) {
            sweep.count().thenAccept(there -> {
                lock.lock();
                try {
                    looked = true;
                } finally {
                    lock.unlock();
                }
                firstSignal();
                term();
            });
        } else {
            term();
        }
    }

    /** Has the sweep send TERM, once it is known to whom, and who is there. */
    private void term() {
        @Nullable Sweep sweep = null;
        boolean all = false;
        lock.lock();
        try {
            if (sweepReady && looked && termAll != null && sweeping != null && !termSent && !finishing) {
                termSent = true;
                all = termAll;
                sweep = sweeping.sweep();
            }
        } finally {
            lock.unlock();
        }
        if (sweep != null) {
            Sweep with = sweep;
            boolean ended = exchange.exited().isDone();
            with.term(all).thenAccept(left -> counted(with, left, ended));
        }
    }

    /** @param ended whether the first process had ended before the count: else it may have started more since */
    private void counted(Sweep sweep, int left, boolean ended) {
        boolean over;
        long pause;
        lock.lock();
        try {
            over = finishing;
            pause = countAgainNanos;
            countAgainNanos = Math.min(2 * countAgainNanos, MOST_PAUSE_NANOS);
        } finally {
            lock.unlock();
        }
        if (over) {
            return;
        }
        if (left == 0 && ended) {
            sweep.clean();
        } else {
            // On their way out, as a rule.
            schedule(pause, () -> countAgain(sweep));
        }
    }

    private void countAgain(Sweep sweep) {
        boolean over;
        lock.lock();
        try {
            over = finishing;
        } finally {
            lock.unlock();
        }
        if (!over) {
            boolean ended = exchange.exited().isDone();
            sweep.count().thenAccept(left -> counted(sweep, left, ended));
        }
    }

    private void swept(Swept found) {
        if (found instanceof Swept.Left left) {
            finish(Ending.livesOn(left.survivors()));
            return;
        }
        lock.lock();
        try {
            if (found instanceof Swept.NotLooked not && notLooked == null) {
                notLooked = not.why();
            }
        } finally {
            lock.unlock();
        }
        if (plan.lookFirst()) {
            // There was nothing to wait for.
            firstSignal();
        }
        advance();
    }

    // ---- the end

    private void processEnded() {
        lock.lock();
        try {
            processEnded = true;
        } finally {
            lock.unlock();
        }
        advance();
        if (!ending.isDone()) {
            // Where no signal was answered before, all that is left is the sweep's to end.
            answered(true);
            sweep();
            freeSession();
        }
    }

    /** The sweep may be waiting for the very session that the command holds, through outputs that others hold open. */
    private void freeSession() {
        @Nullable SweepSession waiting;
        lock.lock();
        try {
            waiting = sweeping;
        } finally {
            lock.unlock();
        }
        if (waiting != null && !waiting.isSent()) {
            exchange.giveUp(new IOException("the command was given up"));
        }
    }

    /** Takes the next step that what is known by now allows. */
    private void advance() {
        @Nullable Ending known = null;
        @Nullable Sweep finish = null;
        lock.lock();
        try {
            boolean clean = sweeping != null && sweeping.sweep().swept().getNow(null) instanceof Swept.Clean;
            if (processEnded && clean) {
                known = Ending.confirmedDead();
            } else if (processEnded && notLooked != null) {
                known = Ending.firstProcessDead(notLooked);
            } else if (graceOver && sweepReady && !finishing && sweeping != null) {
                finishing = true;
                finish = sweeping.sweep();
            }
        } finally {
            lock.unlock();
        }
        if (known != null) {
            finish(known);
        } else if (finish != null) {
            finish.finish();
        }
    }

    private void timeUp(long nanos) {
        boolean atWork;
        boolean ended;
        lock.lock();
        try {
            atWork = sweeping != null && !sweeping.sweep().swept().isDone();
            ended = processEnded;
        } finally {
            lock.unlock();
        }
        if (atWork) {
            schedule(SWEEP_NANOS, () -> lastCall(nanos + SWEEP_NANOS));
        } else {
            finish(ended ? Ending.firstProcessDead("there was no time for it") : notTold(nanos));
        }
    }

    private void lastCall(long nanos) {
        boolean ended;
        lock.lock();
        try {
            ended = processEnded;
        } finally {
            lock.unlock();
        }
        finish(
                ended
                        ? Ending.firstProcessDead("no answer within " + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms")
                        : notTold(nanos));
    }

    private Ending notTold(long nanos) {
        return exchange.signalRefused() && !plan.sweepUnsignalled()
                ? refused()
                : Ending.notConfirmed("the server has not told its end within " + TimeUnit.NANOSECONDS.toMillis(nanos)
                        + " ms of the first signal");
    }

    private Ending refused() {
        return Ending.notConfirmed(plan.refusal());
    }

    private void channelEnded(End end) {
        if (end instanceof End.Lost lost) {
            String why = "the connection was lost: " + lost.cause().getMessage();
            finish(lost.exit() == null ? Ending.notConfirmed(why) : Ending.firstProcessDead(why));
        } else if (end instanceof End.NoStatus) {
            finish(Ending.notConfirmed("the server closed its session without a word on its end"));
        } else if (end instanceof End.NotRun || end instanceof End.NotOpened) {
            finish(Ending.notStarted());
        }
    }

    private void finish(Ending known) {
        if (ending.complete(known)) {
            // Its session is free for the server only with the CLOSE of both sides.
            exchange.giveUp(new IOException("the command was given up: " + known));
        }
    }
}
