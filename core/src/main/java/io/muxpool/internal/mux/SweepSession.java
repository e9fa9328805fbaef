package io.muxpool.internal.mux;

import io.muxpool.internal.mux.wire.ChannelRequest;
import io.muxpool.internal.sweep.Sweep;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A {@link Sweep} in a session of its own, on the connection of the command that it is about. Everything happens on the
 * loop; nothing blocks.
 */
final class SweepSession {
    /** A shell ends at the end of its input. One that does not, within this time, loses its channel. */
    private static final long END_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Exchange exchange;
    private final Sweep sweep;

    private SweepSession(String target, boolean markedByRequest, LongSupplier ageNanos) {
        Outlet input = new Outlet();
        this.sweep = new Sweep(target, markedByRequest, ageNanos, this::mark, input::append);
        this.exchange = new Exchange(
                new Script(List.of(), null, new ChannelRequest.Exec(sweep.line()), null),
                new Inlet.Reading(sweep::received),
                new Inlet.Discarding(),
                input);
    }

    private String mark() {
        return Objects.requireNonNull(exchange.channelMark());
    }

    /**
     * A sweep that is yet to {@link #start}.
     *
     * @param target the mark of the command
     * @param markedByRequest as in {@link Sweep}
     * @param ageNanos how long ago the command was started
     */
    static SweepSession create(String target, boolean markedByRequest, LongSupplier ageNanos) {
        return new SweepSession(target, markedByRequest, ageNanos);
    }

    /**
     * Asks for a session. To be called without a lock: other commands may hear of theirs meanwhile.
     *
     * @param aside how far it may exceed the connection's capacity
     */
    void start(Sessions sessions, Sessions.Aside aside) {
        exchange.end().thenAccept(this::ended);
        sweep.swept().thenRun(() -> end(sessions));
        sessions.startAside(exchange, aside);
    }

    Sweep sweep() {
        return sweep;
    }

    /** Whether it has a channel, and its shell was asked for. */
    boolean isSent() {
        return exchange.sent().isDone();
    }

    private void ended(End end) {
        if (end instanceof End.NotOpened not) {
            sweep.failed("no session could be had for it: " + not.reason());
        } else if (end instanceof End.NotRun) {
            sweep.failed("no shell there");
        } else if (end instanceof End.Lost) {
            sweep.failed("the connection was lost");
        } else {
            sweep.ended();
        }
    }

    /** Whatever is known by now is all that will be. */
    private void end(Sessions sessions) {
        if (exchange.withdraw()) {
            return;
        }
        exchange.stdin().end();
        sessions.loop().schedule(END_NANOS, () -> exchange.giveUp(null));
    }
}
