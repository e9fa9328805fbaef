package io.muxpool.stress.fuzz;

import static io.muxpool.TransportKind.MUX;
import static io.muxpool.TransportKind.PROCESS;
import static io.muxpool.stress.fuzz.ClientSeed.fed;
import static io.muxpool.stress.fuzz.ClientSeed.open;
import static io.muxpool.stress.fuzz.ClientSeed.openBoth;
import static io.muxpool.stress.fuzz.ClientSeed.serve;
import static io.muxpool.stress.fuzz.ClientSeed.served;
import static io.muxpool.stress.fuzz.Errand.FEED;
import static io.muxpool.stress.fuzz.Errand.HELD;
import static io.muxpool.stress.fuzz.Errand.LITTLE;
import static io.muxpool.stress.fuzz.Errand.ON_EXIT;
import static io.muxpool.stress.fuzz.Errand.SAY;
import static io.muxpool.stress.fuzz.Errand.STREAMS;
import static io.muxpool.stress.fuzz.Errand.SUBSYSTEM;
import static io.muxpool.stress.fuzz.Errand.TERMINAL;

import io.muxpool.TransportKind;
import java.util.List;

/** Plays of a server to begin with, and what callers are told in each; nothing where that is not sure. */
record ServerSeed(String name, PlayBook play, List<String> told) {
    private ServerSeed(String name, PlayBook play, String first, String second) {
        this(name, play, List.of(first, second));
    }

    /** Serves two commands by that transport. */
    static PlayBook polite(TransportKind transport) {
        PlayBook book = PlayBook.server(transport, 0, SAY, SAY);
        return transport == PROCESS ? served(began(served(began(book, 0), 0), 1), 1) : serve(openBoth(book));
    }

    /** One at a time, and none ahead. */
    private static PlayBook began(PlayBook book, int channel) {
        return book.then(Move.AWAIT_OPEN).confirm(channel, 2_097_152).then(Move.AWAIT_REQUEST);
    }

    /** By the master that comes after the one that opened two. */
    private static PlayBook servedOnAnother(PlayBook book) {
        PlayBook opened = book.then(Move.AWAIT_OPEN)
                .then(Move.AWAIT_OPEN)
                .confirm(2, 0)
                .confirm(3, 0)
                .then(Move.AWAIT_REQUEST);
        return served(served(opened, 2).then(Move.AWAIT_REQUEST), 3);
    }

    private static PlayBook mux(Errand first, Errand second) {
        return PlayBook.server(MUX, 0, first, second);
    }

    private static PlayBook process(Errand first, Errand second) {
        return PlayBook.server(PROCESS, 0, first, second);
    }

    static List<ServerSeed> all() {
        return List.of(
                new ServerSeed("polite", polite(MUX), "exit status 3", "exit status 3"),
                new ServerSeed("uploads", fed(openBoth(mux(FEED, STREAMS))), "exit status 3", "exit status 3"),
                new ServerSeed(
                        "held-and-let-go", serve(openBoth(mux(HELD, SUBSYSTEM))), "exit status 3", "exit status 3"),
                new ServerSeed(
                        "little-and-early", serve(openBoth(mux(LITTLE, ON_EXIT))), "exit status 3", "exit status 3"),
                new ServerSeed(
                        "terminal-granted",
                        open(mux(TERMINAL, HELD))
                                .then(Move.SUCCESS, 0)
                                .then(Move.AWAIT_REQUEST)
                                .then(Move.SUCCESS, 0)
                                .then(Move.SIGNALLED, 0)
                                .then(Move.CLOSE, 0),
                        "death by signal KILL",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "terminal-refused",
                        openBoth(mux(TERMINAL, SAY)).then(Move.FAILURE, 0).then(Move.CLOSE, 0),
                        "NotStartedException",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "open-refused",
                        servedOnAnother(
                                mux(SAY, SAY).awaitAll(2).then(Move.REFUSE, 0).then(Move.REFUSE, 1)),
                        "exit status 3",
                        "exit status 3"),
                new ServerSeed(
                        "command-refused",
                        openBoth(mux(SUBSYSTEM, SAY)).then(Move.FAILURE, 0),
                        "NotStartedException",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "closed-without-a-word",
                        openBoth(mux(SAY, SAY)).then(Move.SUCCESS, 0).then(Move.CLOSE, 0),
                        "OutcomeUnknownException",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "more-output-than-a-packet",
                        openBoth(mux(SAY, SAY)).then(Move.DATA, 0, 200),
                        "OutcomeUnknownException",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "no-output-at-all",
                        serve(openBoth(mux(SAY, SAY)).then(Move.DATA, 0, 0).then(Move.STDERR, 0, 0)),
                        "exit status 3",
                        "exit status 3"),
                new ServerSeed(
                        "output-of-an-odd-kind",
                        openBoth(mux(SAY, SAY)).then(Move.SUCCESS, 0).frame(95, 0, "\0\0\0\7\0\0\0\2hi"),
                        "OutcomeUnknownException",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "window-beyond-32-bits",
                        openBoth(mux(FEED, SAY)).adjust(0, 0xffff_ffffL).adjust(0, 0xffff_ffffL),
                        "OutcomeUnknownException",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "status-before-the-command",
                        mux(SAY, SAY)
                                .awaitAll(2)
                                .confirm(0, 0)
                                .then(Move.EXIT, 0, 0)
                                .then(Move.CLOSE, 0),
                        "exit status 0",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "status-of-an-odd-length",
                        openBoth(mux(SAY, SAY)).then(Move.SUCCESS, 0).frame(98, 0, "\0\0\0\13exit-status\0\0\0"),
                        "OutcomeUnknownException",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "ends-twice",
                        openBoth(mux(SAY, SAY))
                                .then(Move.SUCCESS, 0)
                                .then(Move.EXIT, 0, 3)
                                .then(Move.EXIT, 0, 0)
                                .then(Move.EOF, 0)
                                .then(Move.EOF, 0)
                                .then(Move.CLOSE, 0)
                                .then(Move.CLOSE, 0),
                        "exit status 3",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "asks-much",
                        serve(openBoth(mux(STREAMS, SAY))
                                .then(Move.REQUEST, 0, 0, 1)
                                .then(Move.REQUEST, 0, 2, 0)),
                        "exit status 3",
                        "exit status 3"),
                new ServerSeed(
                        "an-answer-that-nobody-asked-for",
                        openBoth(mux(SAY, SAY)).then(Move.SUCCESS, 0).then(Move.SUCCESS, 0),
                        "OutcomeUnknownException",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "a-channel-that-is-not-there",
                        openBoth(mux(SAY, SAY)).then(Move.EOF, 77),
                        "OutcomeUnknownException",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "opens-a-channel-and-asks-the-master",
                        serve(openBoth(mux(SAY, SAY)
                                .message(90, "\0\0\0\3foo\0\0\0\7\0\0\1\0\0\0\1\0")
                                .message(80, "\0\0\0\25keepalive@openssh.com\1")
                                .message(81, ""))),
                        "exit status 3",
                        "exit status 3"),
                new ServerSeed(
                        "hangs-up",
                        open(mux(SAY, SAY)).then(Move.HANG_UP),
                        "OutcomeUnknownException",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "hangs-up-half-and-serves-the-next",
                        servedOnAnother(open(PlayBook.server(MUX, 1, SAY, SAY)).then(Move.HANG_UP)),
                        "OutcomeUnknownException",
                        "exit status 3"),
                new ServerSeed(
                        "takes-leave-and-stays",
                        open(PlayBook.server(MUX, 2, SAY, SAY))
                                .then(Move.EXIT, 0, 0)
                                .then(Move.HANG_UP),
                        "OutcomeUnknownException",
                        "OutcomeUnknownException"),
                new ServerSeed(
                        "says-nothing",
                        mux(SAY, HELD).then(Move.SILENCE),
                        "JobTimeoutException NOT_STARTED",
                        "JobTimeoutException NOT_STARTED"),
                new ServerSeed("process-polite", polite(PROCESS), "exit status 3", "exit status 3"),
                new ServerSeed(
                        "process-held-and-fed",
                        served(began(served(began(process(HELD, FEED), 0), 0), 1), 1),
                        "exit status 3",
                        "exit status 3"),
                new ServerSeed(
                        "process-closed-without-a-word",
                        began(process(SAY, SAY), 0).then(Move.SUCCESS, 0).then(Move.CLOSE, 0),
                        "ambiguous 255",
                        "ambiguous 255"),
                new ServerSeed(
                        "process-status-above-a-byte",
                        began(process(SAY, SUBSYSTEM), 0)
                                .then(Move.SUCCESS, 0)
                                .frame(98, 0, "\0\0\0\13exit-status\0\0\0\1\0")
                                .then(Move.CLOSE, 0),
                        "exit status 0",
                        "ambiguous 255"),
                new ServerSeed(
                        "process-dies",
                        began(process(STREAMS, SAY), 0).then(Move.SUCCESS, 0).then(Move.SIGNALLED, 0),
                        "ambiguous 255",
                        "ambiguous 255"),
                new ServerSeed(
                        "process-command-refused",
                        began(process(SAY, SUBSYSTEM), 0).then(Move.FAILURE, 0),
                        "ambiguous 255",
                        "ambiguous 255"),
                new ServerSeed(
                        "process-open-refused",
                        served(began(process(SAY, SAY).then(Move.AWAIT_OPEN).then(Move.REFUSE, 0), 1), 1),
                        // Whether its client hears of the refusal, or that the master has nothing to read, is a race in
                        // ssh.
                        List.of()),
                new ServerSeed(
                        "process-hangs-up-behind-the-status",
                        began(process(SAY, SAY), 0)
                                .then(Move.SUCCESS, 0)
                                .then(Move.EXIT, 0, 0)
                                .then(Move.HANG_UP),
                        "OutcomeUnknownException",
                        "ambiguous 255"));
    }

    boolean timesOut() {
        return told.stream().anyMatch(words -> words.startsWith("JobTimeout"));
    }

    @Override
    public String toString() {
        return name;
    }
}
