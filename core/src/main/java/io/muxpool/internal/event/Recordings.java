package io.muxpool.internal.event;

import io.muxpool.PoolEvent;
import java.time.Duration;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** {@link PoolEvent}s as events of Flight Recorder, {@code io.muxpool.*}: of no cost but a check when none records. */
final class Recordings {
    private Recordings() {}

    /** Whether anybody ever recorded in this JVM. Until then not even the classes of the events are loaded. */
    static boolean mayBeOn() {
        return FlightRecorder.isInitialized();
    }

    static void commit(String remote, PoolEvent event) {
        if (event instanceof PoolEvent.Connected connected) {
            ConnectEvent e = new ConnectEvent();
            e.masterPid = connected.masterPid();
            e.reused = connected.reused();
            commit(e, remote, connected.took());
        } else if (event instanceof PoolEvent.SlotTaken taken) {
            commit(new SlotWaitEvent(), remote, taken.waited());
        } else if (event instanceof PoolEvent.ChannelOpened opened) {
            OpenEvent e = new OpenEvent();
            e.ahead = opened.ahead();
            commit(e, remote, opened.took());
        } else if (event instanceof PoolEvent.CommandSent sent) {
            commit(new ExecEvent(), remote, sent.waited());
        } else if (event instanceof PoolEvent.CommandEnded ended) {
            CommandEvent e = new CommandEvent();
            if (e.shouldCommit()) {
                e.command = ended.command().toString();
            }
            e.outcome = ended.outcome();
            commit(e, remote, ended.took());
        } else if (event instanceof PoolEvent.ConnectionLost lost) {
            LostEvent e = new LostEvent();
            e.reason = lost.reason();
            commit(e, remote, Duration.ZERO);
        } else if (event instanceof PoolEvent.WindowChanged changed) {
            WindowEvent e = new WindowEvent();
            e.before = changed.before();
            e.after = changed.after();
            commit(e, remote, Duration.ZERO);
        }
    }

    private static void commit(PoolRecording event, String remote, Duration took) {
        if (event.shouldCommit()) {
            event.remote = remote;
            event.took = took.toNanos();
            event.commit();
        }
    }

    /** What all have. Set when it is over; so the time it took is a field, not the event's own duration. */
    @Category("muxpool")
    @StackTrace(false)
    abstract static sealed class PoolRecording extends Event {
        @Label("Remote")
        String remote = "";

        @Label("Took")
        @Timespan(Timespan.NANOSECONDS)
        long took;
    }

    @Name("io.muxpool.Connect")
    @Label("Connection made or taken over")
    static final class ConnectEvent extends PoolRecording {
        @Label("Process of the ControlMaster")
        long masterPid;

        @Label("Was there before")
        boolean reused;
    }

    @Name("io.muxpool.SlotWait")
    @Label("Slot taken")
    static final class SlotWaitEvent extends PoolRecording {}

    @Name("io.muxpool.Open")
    @Label("Channel opened")
    static final class OpenEvent extends PoolRecording {
        @Label("Ahead of need")
        boolean ahead;
    }

    @Name("io.muxpool.Exec")
    @Label("Command sent")
    static final class ExecEvent extends PoolRecording {}

    @Name("io.muxpool.Command")
    @Label("Command ended")
    static final class CommandEvent extends PoolRecording {
        @Label("Command")
        String command = "";

        @Label("Outcome")
        String outcome = "";
    }

    @Name("io.muxpool.ConnectionLost")
    @Label("Connection lost")
    static final class LostEvent extends PoolRecording {
        @Label("Reason")
        String reason = "";
    }

    @Name("io.muxpool.Window")
    @Label("Receive window tuned")
    static final class WindowEvent extends PoolRecording {
        @Label("Before")
        @DataAmount
        int before;

        @Label("After")
        @DataAmount
        int after;
    }
}
