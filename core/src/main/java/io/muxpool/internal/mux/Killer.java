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
 *   not sent yet  -> withdrawn: not started
 *   TERM ---- delivered -- grace --> KILL
 *     \                                \
 *      +-- refused: not confirmed       +-- refused: not confirmed
 *   at any time: the exit is told -> confirmed dead; the master is lost, or the limit is reached -> not confirmed
 * </pre>
 *
 * Everything here happens on the loop, or under futures that complete there; nobody blocks.
 */
final class Killer {
    /** What a server gets for all its answers, besides the grace: short, since a caller waits behind its deadline. */
    private static final long ANSWERS_NANOS = TimeUnit.MILLISECONDS.toNanos(750);

    /** But this often a round trip, if that is longer: two are needed. */
    private static final int ROUND_TRIPS = 4;

    private final Exchange exchange;
    private final EventLoop loop;
    private final long graceNanos;
    private final long answersNanos;
    private final CompletableFuture<Ending> ending = new CompletableFuture<>();

    private Killer(Exchange exchange, EventLoop loop, long graceNanos) {
        this.exchange = exchange;
        this.loop = loop;
        this.graceNanos = graceNanos;
        this.answersNanos = Math.max(ANSWERS_NANOS, ROUND_TRIPS * exchange.roundTripNanos());
    }

    /**
     * Starts the killing.
     *
     * @return done when it is known what can be known: after the grace and 0.75 s, or four round trips, at the most
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
        giveUpAfter(graceNanos + answersNanos, "the server has not told its end");
        if (graceNanos == 0) {
            killHard();
        } else {
            signal("TERM", () -> schedule(graceNanos, this::killHard));
        }
    }

    private void killHard() {
        signal("KILL", () -> {});
    }

    private EventLoop.Timer schedule(long nanos, Runnable next) {
        EventLoop.Timer timer = loop.schedule(nanos, next);
        ending.whenComplete((known, failure) -> timer.cancel());
        return timer;
    }

    private EventLoop.Timer giveUpAfter(long nanos, String why) {
        return schedule(
                nanos,
                () -> finish(Ending.notConfirmed(why + " within " + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms")));
    }

    private void signal(String name, Runnable delivered) {
        if (ending.isDone()) {
            return;
        }
        // A server that is there answers at once, whatever becomes of the command; so does not one behind a hung
        // master.
        EventLoop.Timer silence = giveUpAfter(answersNanos, "the server has not answered signal " + name);
        exchange.signal(name).whenComplete((accepted, failure) -> {
            silence.cancel();
            if (failure != null) {
                // The channel has ended; ended() says how.
                return;
            }
            if (accepted) {
                delivered.run();
            } else {
                finish(Ending.notConfirmed("the server refuses to deliver signal " + name
                        + ": sshd up to 9.7 does for root, and any for forced commands and subsystems"));
            }
        });
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
