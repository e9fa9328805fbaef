package io.muxpool.stress.fuzz;

import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.internal.transport.Link;
import io.muxpool.internal.transport.LinkOwner;
import io.muxpool.internal.transport.MuxTransport;
import io.muxpool.testkit.Attached;
import io.muxpool.testkit.FakeMaster;
import io.muxpool.testkit.Frame;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Two commands, one after the other, over a master that plays a {@link Play}; and what may be said of them. */
final class Encounter {
    private static final Duration LATEST = Duration.ofSeconds(1);
    private static final Duration POLL = Duration.ofMillis(2);

    private final Play play;
    private final FakeMaster master;
    private final Duration timeout;

    private Encounter(Play play, FakeMaster master, Duration timeout) {
        this.play = play;
        this.master = master;
        this.timeout = timeout;
    }

    /** A link to a master that it never starts. */
    static Link link(Path socket) {
        Remote remote = Remote.builder("box").killGrace(Duration.ofMillis(20)).build();
        MuxTransport.Options options = new MuxTransport.Options(8, 1, Duration.ofSeconds(60), 16 * 1024 * 1024);
        return new MuxTransport(remote, options, Map.of(), null, false, false)
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
        Calls calls = new Calls((errand, mark) -> errand.on(link, Job.withTimeout(timeout), mark), timeout, LATEST);
        List<Told> told = calls.during(play.errands(), () -> {
            @Nullable Attached client = nextClient();
            if (client != null) {
                play.on(new MasterSide(client, play.manner()));
            }
        });
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

    /** A command that came to the master, and was not refused there, was not said to be not started. */
    private void requireTruth(List<Told> told) {
        for (Told one : told) {
            boolean came = master.frames().stream()
                    .filter(frame -> frame.isRequest("exec") || frame.isRequest("subsystem"))
                    .anyMatch(frame -> new String(frame.payload(), StandardCharsets.ISO_8859_1).contains(one.mark()));
            if (came && !one.started() && !play.mayHaveSaidNo()) {
                throw new AssertionError("a command came to the master, and its caller was told " + one);
            }
        }
        if (told.stream().anyMatch(one -> one.exit() != null) && !play.mayHaveToldAnExit()) {
            throw new AssertionError("no command was said to have exited, and callers were told " + told);
        }
        for (Frame frame : master.frames()) {
            if (frame.type() < Frame.OPEN || frame.type() > Frame.FAILURE || frame.padding() != 0) {
                throw new AssertionError("the client sent what concerns no channel: " + frame);
            }
        }
    }
}
