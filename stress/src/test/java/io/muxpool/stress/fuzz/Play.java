package io.muxpool.stress.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.internal.mux.wire.ChannelRequest;
import io.muxpool.testkit.Answer;
import io.muxpool.testkit.Attached;
import io.muxpool.testkit.FakeMaster;
import io.muxpool.testkit.Frame;
import io.muxpool.testkit.MuxRequest;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * What a master does, read from bytes; any bytes are a play.
 *
 * <pre>
 *   byte greeting   0 and most others: as it should be. 1 to 3: the rest of the play comes instead of the hello, of the
 *                   answer to ALIVE_CHECK, or to PROXY, and then the end of the socket. 251 to 253: and then silence
 *   byte errands    the first command, and behind it the second: see Errand
 *   byte cut        0, or behind how many bytes of each message there is a pause
 *   (byte move, operands)*
 * </pre>
 *
 * Where the bytes end, the master hangs up.
 */
final class Play {
    /** How a window or a packet size is said in a byte. */
    static final List<Long> SIZES = List.of(0L, 1L, 100L, 32_768L, 32_769L, 2_097_152L, 0x7fff_ffffL, 0xffff_ffffL);

    /** What a server may ask or tell besides. */
    static final List<String> REQUESTS = List.of("keepalive@openssh.com", "eow@openssh.com", "xon-xoff", "exec");

    private static final List<MuxRequest> GREETINGS =
            List.of(MuxRequest.HELLO, MuxRequest.ALIVE_CHECK, MuxRequest.PROXY);
    private static final int SILENT_GREETINGS = 251;

    private static final long PAUSE_NANOS = 100_000;
    /** As often the client is waited for in vain, and then no more. */
    private static final int MOMENTS = 4;

    private final Duration moment;
    private final int greeting;
    private final int errands;
    private final int cut;
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
        this.cut = next();
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

    /** Whether the master greets as it should. Then a client keeps to the protocol, whatever comes. */
    boolean isPolite() {
        return number(greeting) == 0;
    }

    private static int number(int greeting) {
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
            master.answer(GREETINGS.get(number(greeting) - 1), silent ? Answer.raw(said) : Answer.rawThenClose(said));
            mayHaveSaidNo = true;
            mayHaveToldAnExit = true;
        }
    }

    /** Plays on, with a client that has just attached. */
    void on(Attached client) {
        try {
            while (rest.hasRemaining()) {
                Move move = Move.of(next());
                if (move == Move.SILENCE) {
                    return;
                }
                if (move == Move.HANG_UP) {
                    break;
                }
                make(move, client);
            }
        } catch (UncheckedIOException e) {
            // The client has hung up, as it may.
        }
        client.closeSocket();
    }

    private void make(Move move, Attached client) {
        switch (move) {
            case AWAIT -> await(client, false);
            case AWAIT_REQUEST -> await(client, true);
            case RAW -> {
                mayHaveSaidNo = true;
                mayHaveToldAnExit = true;
                say(client, next(next()));
            }
            case FRAME -> {
                mayHaveSaidNo = true;
                mayHaveToldAnExit = true;
                say(client, frame(90 + next() % 11, next(), next(next())));
            }
            case CONFIRM -> say(client, new ChannelMessage.OpenConfirmation(next(), next(), size(), size()));
            case REFUSE -> say(client, new ChannelMessage.OpenFailure(next(), 4, "full"));
            case SUCCESS -> say(client, new ChannelMessage.Success(next()));
            case FAILURE -> {
                mayHaveSaidNo = true;
                say(client, new ChannelMessage.Failure(next()));
            }
            case DATA -> say(client, new ChannelMessage.Data(next(), ByteBuffer.allocate(256 * next())));
            case STDERR -> say(client, new ChannelMessage.ExtendedData(next(), 1, ByteBuffer.allocate(256 * next())));
            case ADJUST -> say(client, new ChannelMessage.WindowAdjust(next(), size()));
            case EOF -> say(client, new ChannelMessage.Eof(next()));
            case CLOSE -> say(client, new ChannelMessage.Close(next()));
            case EXIT -> tell(client, next(), new ChannelRequest.ExitStatus(next()));
            case SIGNALLED -> tell(client, next(), new ChannelRequest.ExitSignal("KILL", false, "", ""));
            case REQUEST -> request(client);
            case HANG_UP, SILENCE -> throw new AssertionError(move);
        }
    }

    private long size() {
        return SIZES.get(next() % SIZES.size());
    }

    private void tell(Attached client, int channel, ChannelRequest exit) {
        mayHaveToldAnExit = true;
        say(client, new ChannelMessage.Request(channel, false, exit));
    }

    private void request(Attached client) {
        int channel = next();
        String name = REQUESTS.get(next() % REQUESTS.size());
        boolean wantReply = next() % 2 == 1;
        say(
                client,
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

    private void say(Attached client, ChannelMessage message) {
        ByteBuffer out = ByteBuffer.allocate(message.frameSize());
        message.encode(out);
        say(client, out.array());
    }

    private void say(Attached client, byte[] bytes) {
        if (0 < cut && cut < bytes.length) {
            client.raw(Arrays.copyOf(bytes, cut));
            // That the client reads the two apart is likely, and not needed.
            LockSupport.parkNanos(PAUSE_NANOS);
            client.raw(Arrays.copyOfRange(bytes, cut, bytes.length));
        } else {
            client.raw(bytes);
        }
    }

    private void await(Attached client, boolean request) {
        while (patience > 0) {
            try {
                boolean isRequest = client.await(moment).type() == Frame.REQUEST;
                if (isRequest || !request) {
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
