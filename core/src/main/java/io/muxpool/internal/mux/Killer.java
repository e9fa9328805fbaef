package io.muxpool.internal.mux;

import io.muxpool.Ending;
import io.muxpool.internal.mux.channel.EventLoop;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Ends a command on the other side, and finds out whether it is dead: TERM, a grace, KILL, and then the channel is closed.
 * Dead is only what the server has told the end of.
 *
 * <pre>
 *   not sent yet -> withdrawn: not started
 *   TERM -- grace --> KILL -- as long as answers may take --> not confirmed
 *   at any time: the exit is told -> confirmed dead; a signal is refused, or the master is lost -> not confirmed
 * </pre>
 *
 * Everything here happens on the loop, or under futures that complete there; nobody blocks.
 */
final class Killer {
    /** What a server gets for all its answers, besides the grace: short, since a caller waits behind its deadline. */
    private static final long ANSWERS_NANOS = TimeUnit.MILLISECONDS.toNanos(600);

    /** But this often a round trip, if that is longer: two are needed. */
    private static final int ROUND_TRIPS = 4;

    /** And no longer than this: a round trip may have been measured while the network stood still. */
    private static final long MOST_ANSWERS_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final Exchange exchange;
    private final EventLoop loop;
    private final long graceNanos;
    private final long answersNanos;
    private final CompletableFuture<Ending> ending = new CompletableFuture<>();

    private Killer(Exchange exchange, EventLoop loop, long graceNanos) {
        this.exchange = exchange;
        this.loop = loop;
        this.graceNanos = graceNanos;
        this.answersNanos =
                Math.max(ANSWERS_NANOS, Math.min(MOST_ANSWERS_NANOS, ROUND_TRIPS * exchange.roundTripNanos()));
    }

    /**
     * Starts the killing.
     *
     * @return done when it is known what can be known: after the grace and 0.6 s, or four round trips, at the most
     */
    static CompletableFuture<Ending> kill(Exchange exchange, EventLoop loop, long graceNanos) {
        if (exchange.withdraw()) {
            return CompletableFuture.completedFuture(Ending.notStarted());
        }
        Killer killer = new Killer(exchange, loop, graceNanos);
        killer.begin();
        return killer.ending;
    }

    private void begin() {
        // The end as told wins whatever else happens; it may have been told long ago.
        exchange.exited().thenRun(() -> finish(Ending.confirmedDead()));
        exchange.end().thenAccept(this::ended);
        long most = graceNanos + answersNanos;
        schedule(most, () -> finish(notTold(most)));
        if (graceNanos > 0) {
            signal("TERM");
        }
        // Whether TERM was answered or not: it may stand in a queue, and KILL then stands behind it.
        schedule(graceNanos, () -> signal("KILL"));
    }

    private void schedule(long nanos, Runnable next) {
        if (nanos == 0) {
            next.run();
            return;
        }
        EventLoop.Timer timer = loop.schedule(nanos, next);
        ending.whenComplete((known, failure) -> timer.cancel());
    }

    private void signal(String name) {
        if (ending.isDone()) {
            return;
        }
        exchange.signal(name).whenComplete((accepted, failure) -> {
            // When the channel has ended, ended() says how.
            if (failure == null && !accepted) {
                finish(refused());
            }
        });
    }

    private Ending notTold(long nanos) {
        return exchange.signalRefused()
                ? refused()
                : Ending.notConfirmed("the server has not told its end within " + TimeUnit.NANOSECONDS.toMillis(nanos)
                        + " ms of the first signal");
    }

    private static Ending refused() {
        return Ending.notConfirmed("the server refuses to deliver signals: sshd up to 9.7 does for root, and any for"
                + " forced commands and subsystems");
    }

    private void ended(End end) {
        if (end instanceof End.Lost lost && lost.exit() == null) {
            finish(Ending.notConfirmed(
                    "the connection was lost: " + lost.cause().getMessage()));
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
