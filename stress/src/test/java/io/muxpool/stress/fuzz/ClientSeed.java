package io.muxpool.stress.fuzz;

import static io.muxpool.stress.fuzz.Errand.FEED;
import static io.muxpool.stress.fuzz.Errand.HELD;
import static io.muxpool.stress.fuzz.Errand.LITTLE;
import static io.muxpool.stress.fuzz.Errand.ON_EXIT;
import static io.muxpool.stress.fuzz.Errand.SAY;
import static io.muxpool.stress.fuzz.Errand.STREAMS;
import static io.muxpool.stress.fuzz.Errand.SUBSYSTEM;
import static io.muxpool.stress.fuzz.Errand.TERMINAL;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.MuxMessage;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * Plays to begin with, and what callers are told in each. Channels count from 0: the first command's is 0, and 1 is opened
 * with it, for the second.
 */
record ClientSeed(String name, PlayBook play, List<String> told) {
    private ClientSeed(String name, PlayBook play, String first, String second) {
        this(name, play, List.of(first, second));
    }

    static List<ClientSeed> all() {
        return List.of(
                new ClientSeed("polite", serve(openBoth(PlayBook.of(SAY, LITTLE))), "exit status 3", "exit status 3"),
                new ClientSeed(
                        "polite-in-parts",
                        serve(openBoth(PlayBook.cutBehind(5, SAY, ON_EXIT))),
                        "exit status 3",
                        "exit status 3"),
                new ClientSeed("uploads", fed(openBoth(PlayBook.of(FEED, STREAMS))), "exit status 3", "exit status 3"),
                new ClientSeed(
                        "terminal-granted",
                        open(PlayBook.of(TERMINAL, HELD))
                                .then(Move.SUCCESS, 0)
                                .then(Move.AWAIT_REQUEST)
                                .then(Move.SUCCESS, 0)
                                .then(Move.SIGNALLED, 0)
                                .then(Move.CLOSE, 0),
                        "death by signal KILL",
                        "SessionNotOpenedException"),
                new ClientSeed(
                        "terminal-refused",
                        openBoth(PlayBook.of(TERMINAL, SAY))
                                .then(Move.FAILURE, 0)
                                .then(Move.CLOSE, 0)
                                .then(Move.SILENCE),
                        "NotStartedException",
                        "JobTimeoutException NOT_CONFIRMED"),
                new ClientSeed(
                        "held-to-its-end",
                        serve(openBoth(PlayBook.of(HELD, SUBSYSTEM))),
                        "exit status 3",
                        "exit status 3"),
                new ClientSeed(
                        "open-refused",
                        PlayBook.of(SAY, SAY).awaitAll(2).then(Move.REFUSE, 0).then(Move.REFUSE, 1),
                        "SessionNotOpenedException",
                        "SessionNotOpenedException"),
                new ClientSeed(
                        "command-refused",
                        open(PlayBook.of(SUBSYSTEM, SAY)).then(Move.FAILURE, 0).then(Move.CLOSE, 0),
                        "NotStartedException",
                        "SessionNotOpenedException"),
                new ClientSeed(
                        "closed-without-a-word",
                        open(PlayBook.of(SAY, SAY)).then(Move.SUCCESS, 0).then(Move.CLOSE, 0),
                        "OutcomeUnknownException",
                        "SessionNotOpenedException"),
                new ClientSeed(
                        "hangs-up-and-serves-the-next",
                        served(open(open(PlayBook.of(SAY, SAY)).then(Move.HANG_UP)), 0),
                        "OutcomeUnknownException",
                        "exit status 3"),
                new ClientSeed(
                        "more-output-than-a-packet",
                        open(PlayBook.of(SAY, SAY)).then(Move.DATA, 0, 200),
                        "OutcomeUnknownException",
                        "SessionNotOpenedException"),
                new ClientSeed(
                        "window-beyond-32-bits",
                        open(PlayBook.of(FEED, SAY)).adjust(0, 0xffff_ffffL).adjust(0, 0xffff_ffffL),
                        "OutcomeUnknownException",
                        "SessionNotOpenedException"),
                new ClientSeed(
                        "a-channel-that-is-not-there",
                        open(PlayBook.of(SAY, SAY)).then(Move.EOF, 77),
                        "OutcomeUnknownException",
                        "SessionNotOpenedException"),
                new ClientSeed(
                        "asks-much",
                        open(PlayBook.of(STREAMS, SAY))
                                .then(Move.REQUEST, 0)
                                .then(Move.REQUEST, 0, 1, 0)
                                .then(Move.STDERR, 0, 100)
                                .frame(98, 0, "\0\0\0\13exit-status\0\0\0\0\7")
                                .frame(90, 0, "\3x11"),
                        "OutcomeUnknownException",
                        "SessionNotOpenedException"),
                new ClientSeed(
                        "an-answer-that-nobody-asked-for",
                        open(PlayBook.of(SAY, SAY)).then(Move.SUCCESS, 0).then(Move.SUCCESS, 0),
                        "OutcomeUnknownException",
                        "SessionNotOpenedException"),
                new ClientSeed(
                        "half-a-frame",
                        open(PlayBook.of(SAY, SAY)).raw((byte) 0, (byte) 0, (byte) 0, (byte) 9, (byte) 0, (byte) 94),
                        "OutcomeUnknownException",
                        "SessionNotOpenedException"),
                new ClientSeed(
                        "says-nothing",
                        PlayBook.of(SAY, HELD).then(Move.SILENCE),
                        "JobTimeoutException NOT_STARTED",
                        "JobTimeoutException NOT_STARTED"),
                new ClientSeed(
                        "hello-and-the-end",
                        PlayBook.greeting(1, hello(4)),
                        "NotStartedException",
                        "NotStartedException"),
                new ClientSeed(
                        "another-hello",
                        PlayBook.greeting(251, hello(5)),
                        "PathUnusableException",
                        "PathUnusableException"),
                new ClientSeed(
                        "a-hello-that-never-ends",
                        PlayBook.greeting(251, new byte[] {0, 3}),
                        "JobTimeoutException NOT_STARTED",
                        "JobTimeoutException NOT_STARTED"),
                new ClientSeed(
                        "not-alive",
                        PlayBook.greeting(2, bytes(new MuxMessage.Failure(1, "no"))),
                        "PathUnusableException",
                        "PathUnusableException"),
                new ClientSeed(
                        "proxy-denied",
                        PlayBook.greeting(3, bytes(new MuxMessage.PermissionDenied(1, "no"))),
                        "SessionNotOpenedException",
                        "SessionNotOpenedException"),
                new ClientSeed(
                        "proxy-and-more-at-once",
                        PlayBook.greeting(
                                3, together(bytes(new MuxMessage.ProxyOk(1)), bytes(new ChannelMessage.Eof(0)))),
                        "SessionNotOpenedException",
                        "SessionNotOpenedException"),
                new ClientSeed(
                        "proxy-without-an-answer",
                        PlayBook.greeting(253, new byte[0]),
                        "JobTimeoutException NOT_STARTED",
                        "JobTimeoutException NOT_STARTED"));
    }

    boolean timesOut() {
        return told.stream().anyMatch(words -> words.startsWith("JobTimeout"));
    }

    @Override
    public String toString() {
        return name;
    }

    /** Opens the first command's channel, not the one ahead, and hears the first request. */
    static PlayBook open(PlayBook book) {
        return book.awaitAll(2).confirm(0, 2_097_152).then(Move.AWAIT_REQUEST);
    }

    /** Opens both. */
    static PlayBook openBoth(PlayBook book) {
        return book.awaitAll(2).confirm(0, 2_097_152).confirm(1, 0).then(Move.AWAIT_REQUEST);
    }

    /** Serves both commands. */
    static PlayBook serve(PlayBook book) {
        return served(served(book, 0).then(Move.AWAIT_REQUEST), 1);
    }

    static PlayBook served(PlayBook book, int channel) {
        return book.then(Move.SUCCESS, channel)
                .then(Move.DATA, channel, 20)
                .then(Move.EXIT, channel, 3)
                .then(Move.EOF, channel)
                .then(Move.CLOSE, channel);
    }

    /** The same, when they have sent something. */
    static PlayBook fed(PlayBook book) {
        return served(fed(served(fed(book, 0), 0).then(Move.AWAIT_REQUEST), 1), 1);
    }

    static PlayBook fed(PlayBook book, int channel) {
        return book.adjust(channel, 2_097_152).awaitAll(2);
    }

    private static byte[] hello(int version) {
        return bytes(new MuxMessage.Hello(version, Map.of()));
    }

    private static byte[] bytes(MuxMessage message) {
        ByteBuffer out = ByteBuffer.allocate(message.frameSize());
        message.encode(out);
        return out.array();
    }

    private static byte[] bytes(ChannelMessage message) {
        ByteBuffer out = ByteBuffer.allocate(message.frameSize());
        message.encode(out);
        return out.array();
    }

    private static byte[] together(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }
}
