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
 *   TERM ---- delivered -- grace --> KILL ---- delivered -- 2 s --> not confirmed
 *     \                                \
 *      +-- refused: not confirmed       +-- refused: not confirmed
 *   at any time: the exit is told -> confirmed dead; the master is lost, or says nothing -> not confirmed
 * </pre>
 *
 * Everything here happens on the loop, or under futures that complete there; nobody blocks.
 */
final class Killer {
    /** What a server gets to tell the end after KILL, and to answer at all. */
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final Exchange exchange;
    private final EventLoop loop;
    private final long graceNanos;
    private final CompletableFuture<Ending> ending = new CompletableFuture<>();

    private Killer(Exchange exchange, EventLoop loop, long graceNanos) {
        this.exchange = exchange;
        this.loop = loop;
        this.graceNanos = graceNanos;
    }

    /**
     * Starts the killing.
     *
     * @return done, after grace + 4 s at the most, when it is known what can be known
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
        EventLoop.Timer limit = loop.schedule(
                graceNanos + 2 * ANSWER_NANOS,
                () -> finish(Ending.notConfirmed("the server did not tell its end within "
                        + TimeUnit.NANOSECONDS.toMillis(graceNanos + 2 * ANSWER_NANOS) + " ms")));
        ending.whenComplete((known, failure) -> limit.cancel());
        if (graceNanos == 0) {
            killHard();
        } else {
            signal("TERM", () -> schedule(graceNanos, this::killHard));
        }
    }

    private void killHard() {
        signal(
                "KILL",
                () -> schedule(
                        ANSWER_NANOS,
                        () -> finish(Ending.notConfirmed("KILL was delivered, and its end was not told within 2 s"))));
    }

    private void schedule(long nanos, Runnable next) {
        EventLoop.Timer timer = loop.schedule(nanos, next);
        ending.whenComplete((known, failure) -> timer.cancel());
    }

    private void signal(String name, Runnable delivered) {
        if (ending.isDone()) {
            return;
        }
        // A server that is there answers at once, whatever becomes of the command; so does not one behind a hung
        // master.
        EventLoop.Timer silence = loop.schedule(
                ANSWER_NANOS, () -> finish(Ending.notConfirmed("the server has not answered signal " + name)));
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
