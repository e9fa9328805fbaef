package io.muxpool.stress.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.ChannelRequest;
import io.muxpool.testkit.Answer;
import io.muxpool.testkit.FakeMaster;
import io.muxpool.testkit.Frame;
import io.muxpool.testkit.MuxRequest;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * What a master does, or a server, read from bytes; any bytes are a play.
 *
 * <pre>
 *   byte greeting   of a master, 0 and most others: as it should be. 1 to 3: the rest of the play comes instead of the
 *                   hello, of the answer to ALIVE_CHECK, or to PROXY, and then the end of the socket. 251 to 253: and
 *                   then silence
 *                   before a server, even: commands come by the mux transport. Odd: by the process transport
 *   byte errands    the first command, and behind it the second: see Errand
 *   byte manner     of a master, 0, or behind how many bytes of each message there is a pause
 *                   of a server, how it hangs up: see ServerSide
 *   (byte move, operands)*
 * </pre>
 *
 * Where the bytes end, a master hangs up, and a server closes every channel.
 */
final class Play {
    /** How a window or a packet size is said in a byte. */
    static final List<Long> SIZES = List.of(0L, 1L, 100L, 32_768L, 32_769L, 2_097_152L, 0x7fff_ffffL, 0xffff_ffffL);

    /** What a server may ask or tell besides. */
    static final List<String> REQUESTS = List.of("keepalive@openssh.com", "eow@openssh.com", "xon-xoff", "exec");

    private static final List<MuxRequest> GREETINGS =
            List.of(MuxRequest.HELLO, MuxRequest.ALIVE_CHECK, MuxRequest.PROXY);
    private static final int SILENT_GREETINGS = 251;

    /** As often the client is waited for in vain, and then no more. */
    private static final int MOMENTS = 4;

    private final Duration moment;
    private final int greeting;
    private final int errands;
    private final int manner;
    private final ByteBuffer rest;
    private int patience = MOMENTS;
    private boolean mayHaveSaidNo;
    private boolean mayHaveToldAnExit;

    /** Reads it; {@code moment} is how long to wait for the client where a play says so. */
    Play(byte[] bytes, Duration moment) {
        this.moment = moment;
        this.rest = ByteBuffer.wrap(bytes);
        this.greeting = next();
        this.errands = next();
        this.manner = next();
    }

    /** A byte, 0 where there is none. */
    private int next() {
        return rest.hasRemaining() ? Byte.toUnsignedInt(rest.get()) : 0;
    }

    private byte[] next(int count) {
        byte[] bytes = new byte[Math.min(count, rest.remaining())];
        rest.get(bytes);
        return bytes;
    }

    /** What is to be run over this master. */
    List<Errand> errands() {
        int all = Errand.ALL.size();
        return List.of(Errand.ALL.get(errands % all), Errand.ALL.get(errands / all % all));
    }

    int greeting() {
        return greeting;
    }

    int manner() {
        return manner;
    }

    /** Whether the master greets as it should. Then a client keeps to the protocol, whatever comes. */
    boolean isPolite() {
        return place(greeting) == 0;
    }

    private static int place(int greeting) {
        int loud = greeting < SILENT_GREETINGS ? greeting : greeting - SILENT_GREETINGS + 1;
        return loud <= GREETINGS.size() ? loud : 0;
    }

    /** Whether a command may be called off by what this master has said so far. */
    boolean mayHaveSaidNo() {
        return mayHaveSaidNo;
    }

    /** Whether a command may have ended by what this master has said so far. */
    boolean mayHaveToldAnExit() {
        return mayHaveToldAnExit;
    }

    /** Sets a master up that no client has come to. */
    void prepare(FakeMaster master) {
        if (!isPolite()) {
            byte[] said = next(rest.remaining());
            boolean silent = greeting >= SILENT_GREETINGS;
            master.answer(GREETINGS.get(place(greeting) - 1), silent ? Answer.raw(said) : Answer.rawThenClose(said));
            mayHaveSaidNo = true;
            mayHaveToldAnExit = true;
        }
    }

    /**
     * Plays on, up to the next silence or the end of this partner.
     *
     * @return whether there is more, for the next one
     */
    boolean on(Partner partner) {
        try {
            while (rest.hasRemaining()) {
                Move move = Move.of(next());
                if (move == Move.SILENCE) {
                    return false;
                }
                if (move == Move.HANG_UP) {
                    partner.hangUp();
                    return true;
                }
                make(move, partner);
            }
        } catch (UncheckedIOException e) {
            // The partner has hung up, as it may.
            partner.hangUp();
            return true;
        }
        partner.end();
        return false;
    }

    private void make(Move move, Partner partner) {
        switch (move) {
            case AWAIT -> await(partner, type -> true);
            case AWAIT_REQUEST -> await(partner, type -> type == Frame.REQUEST);
            case AWAIT_OPEN -> await(partner, type -> type == Frame.OPEN);
            case RAW -> {
                mayHaveSaidNo = true;
                mayHaveToldAnExit = true;
                partner.raw(next(next()));
            }
            case FRAME -> {
                mayHaveSaidNo = true;
                mayHaveToldAnExit = true;
                partner.say(frame(90 + next() % 11, number(partner), next(next())));
            }
            case CONFIRM -> say(partner, new ChannelMessage.OpenConfirmation(number(partner), next(), size(), size()));
            case REFUSE -> say(partner, new ChannelMessage.OpenFailure(number(partner), 4, "full"));
            case SUCCESS -> say(partner, new ChannelMessage.Success(number(partner)));
            case FAILURE -> {
                mayHaveSaidNo = true;
                say(partner, new ChannelMessage.Failure(number(partner)));
            }
            case DATA -> say(partner, new ChannelMessage.Data(number(partner), ByteBuffer.allocate(256 * next())));
            case STDERR ->
                say(partner, new ChannelMessage.ExtendedData(number(partner), 1, ByteBuffer.allocate(256 * next())));
            case ADJUST -> say(partner, new ChannelMessage.WindowAdjust(number(partner), size()));
            case EOF -> say(partner, new ChannelMessage.Eof(number(partner)));
            case CLOSE -> say(partner, new ChannelMessage.Close(number(partner)));
            case EXIT -> tell(partner, number(partner), new ChannelRequest.ExitStatus(next()));
            case SIGNALLED -> tell(partner, number(partner), new ChannelRequest.ExitSignal("KILL", false, "", ""));
            case REQUEST -> request(partner);
            case HANG_UP, SILENCE -> throw new AssertionError(move);
        }
    }

    private int number(Partner partner) {
        return partner.number(next());
    }

    private long size() {
        return SIZES.get(next() % SIZES.size());
    }

    private void tell(Partner partner, int channel, ChannelRequest exit) {
        mayHaveToldAnExit = true;
        say(partner, new ChannelMessage.Request(channel, false, exit));
    }

    private void request(Partner partner) {
        int channel = number(partner);
        String name = REQUESTS.get(next() % REQUESTS.size());
        boolean wantReply = next() % 2 == 1;
        say(
                partner,
                new ChannelMessage.Request(
                        channel, wantReply, new ChannelRequest.Unknown(name, ByteBuffer.wrap("x".getBytes(UTF_8)))));
    }

    private static byte[] frame(int type, int channel, byte[] payload) {
        return ByteBuffer.allocate(10 + payload.length)
                .putInt(6 + payload.length)
                .put((byte) 0)
                .put((byte) type)
                .putInt(channel)
                .put(payload)
                .array();
    }

    private static void say(Partner partner, ChannelMessage message) {
        ByteBuffer out = ByteBuffer.allocate(message.frameSize());
        message.encode(out);
        partner.say(out.array());
    }

    private void await(Partner partner, IntPredicate wanted) {
        while (patience > 0) {
            try {
                if (wanted.test(partner.await(moment).type())) {
                    return;
                }
            } catch (AssertionError e) {
                // It has nothing to say, or is gone.
                patience--;
                return;
            }
        }
    }
}
