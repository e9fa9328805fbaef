package io.muxpool.stress.fuzz;

import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.Remote;
import io.muxpool.SshException;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.internal.master.PathUnusableException;
import io.muxpool.internal.transport.Link;
import io.muxpool.internal.transport.LinkOwner;
import io.muxpool.internal.transport.MuxTransport;
import io.muxpool.internal.transport.SessionNotOpenedException;
import io.muxpool.testkit.Attached;
import io.muxpool.testkit.FakeMaster;
import io.muxpool.testkit.Frame;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Two commands, one after the other, over a master that plays a {@link Play}; and what may be said of them. */
final class Encounter {
    /** How late a call may be after its job's end; then it must have ended, whatever the master did. */
    private static final Duration LATEST = Duration.ofSeconds(1);

    private static final Duration HANGS = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(2);

    private final Play play;
    private final FakeMaster master;
    private final Duration timeout;

    private Encounter(Play play, FakeMaster master, Duration timeout) {
        this.play = play;
        this.master = master;
        this.timeout = timeout;
    }

    /**
     * What a caller was told of a command.
     *
     * @param words an exit, or an exception's class
     * @param started whether the command may have been
     * @param exited whether it has ended by itself
     */
    record Told(String words, boolean started, boolean exited) {}

    /** A link to a master that it never starts. */
    static Link link(Path socket) {
        Remote remote = Remote.builder("box").killGrace(Duration.ofMillis(20)).build();
        MuxTransport.Options options = new MuxTransport.Options(8, 1, Duration.ofSeconds(60), 16 * 1024 * 1024);
        return new MuxTransport(remote, options, Map.of(), null)
                .link(ControlMaster.guest(remote, socket), LinkOwner.NONE);
    }

    /**
     * Has one.
     *
     * @param socket where nothing is yet; nothing is there afterwards
     * @param timeout of each command's job
     */
    static List<Told> of(Play play, Path socket, Duration timeout) throws InterruptedException {
        FakeMaster master = FakeMaster.start(socket);
        play.prepare(master);
        Link link = link(socket);
        try {
            return new Encounter(play, master, timeout).over(link);
        } finally {
            // Before the link, which else waits for the answer to an OPEN.
            master.terminate();
            link.close();
            close(master, play.isPolite());
        }
    }

    /** It complains of clients that break the protocol: with reason, unless it has never spoken it itself. */
    private static void close(FakeMaster master, boolean polite) {
        try {
            master.close();
        } catch (AssertionError e) {
            if (polite) {
                throw e;
            }
        }
    }

    private List<Told> over(Link link) throws InterruptedException {
        FutureTask<List<Told>> calls = new FutureTask<>(() -> {
            List<Told> told = new ArrayList<>();
            for (Errand errand : play.errands()) {
                told.add(call(link, errand));
            }
            return told;
        });
        Thread caller = new Thread(calls, "fuzz-caller");
        caller.setDaemon(true);
        caller.start();
        long start = System.nanoTime();
        while (!calls.isDone()) {
            @Nullable Attached client = nextClient();
            if (client != null) {
                play.on(client);
            }
            if (System.nanoTime() - start > HANGS.toNanos()) {
                throw new AssertionError("a call hangs at " + Arrays.toString(caller.getStackTrace()));
            }
        }
        List<Told> told = result(calls);
        caller.join();
        requireTruth(told);
        return told;
    }

    private @Nullable Attached nextClient() {
        try {
            return master.attached(POLL);
        } catch (AssertionError e) {
            // None yet.
            return null;
        }
    }

    private static List<Told> result(FutureTask<List<Told>> calls) throws InterruptedException {
        try {
            return calls.get(0, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("an exception that nothing announces", e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("done, and not done", e);
        }
    }

    private Told call(Link link, Errand errand) {
        long start = System.nanoTime();
        Told told = told(link, errand);
        Duration late = Duration.ofNanos(System.nanoTime() - start).minus(timeout);
        if (late.compareTo(LATEST) > 0) {
            throw new AssertionError(errand + " ended " + late.toMillis() + " ms after its deadline: " + told.words());
        }
        return told;
    }

    private Told told(Link link, Errand errand) {
        try {
            Exit exit = errand.on(link, Job.withTimeout(timeout));
            return new Told(exit.toString(), true, true);
        } catch (SessionNotOpenedException | PathUnusableException e) {
            return new Told(nameOf(e), false, false);
        } catch (SshException e) {
            return new Told(nameOf(e), e instanceof OutcomeUnknownException, false);
        } catch (JobException e) {
            return new Told(nameOf(e) + " " + e.ending().fate(), e.commandStarted(), false);
        }
    }

    private static String nameOf(Exception e) {
        return e.getClass().getSimpleName();
    }

    /** A command that came to the master, and was not refused there, was not said to be not started. */
    private void requireTruth(List<Told> told) {
        long came = master.frames().stream()
                .filter(frame -> frame.isRequest("exec") || frame.isRequest("subsystem"))
                .count();
        long admitted = told.stream().filter(Told::started).count();
        if (came > admitted && !play.mayHaveSaidNo()) {
            throw new AssertionError(came + " commands came to the master, and their callers were told " + told);
        }
        if (told.stream().anyMatch(Told::exited) && !play.mayHaveToldAnExit()) {
            throw new AssertionError("no command was said to have exited, and callers were told " + told);
        }
        for (Frame frame : master.frames()) {
            if (frame.type() < Frame.OPEN || frame.type() > Frame.FAILURE || frame.padding() != 0) {
                throw new AssertionError("the client sent what concerns no channel: " + frame);
            }
        }
    }
}
