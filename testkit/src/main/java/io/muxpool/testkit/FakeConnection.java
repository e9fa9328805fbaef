package io.muxpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a {@link FakeMaster}. The master's thread reads; any thread sends.
 *
 * <pre>
 *   awaiting HELLO -> answering requests -> attached
 *          \________________|_________________/
 *                           v
 *                         closed
 * </pre>
 */
final class FakeConnection {

    private static final int LONGEST = 256 * 1024;
    private static final Duration SEND_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration SEND_POLL = Duration.ofNanos(100_000);

    private final FakeMaster master;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final ReentrantLock sending = new ReentrantLock();

    /** Guards what follows but the attached client. */
    private final ReentrantLock receiving = new ReentrantLock();

    private final ByteBuffer in = ByteBuffer.allocate(4 + LONGEST);
    private boolean reading = true;
    private boolean helloReceived;
    private boolean mute;
    private volatile @Nullable Attached attached;

    FakeConnection(FakeMaster master, SocketChannel channel, Selector selector) throws IOException {
        this.master = master;
        this.channel = channel;
        channel.configureBlocking(false);
        this.key = channel.register(selector, SelectionKey.OP_READ, this);
    }

    /** Reads what there is and acts on it. */
    void read() {
        receiving.lock();
        try {
            if (!reading || !channel.isOpen()) {
                return;
            }
            if (channel.read(in) < 0) {
                close();
                return;
            }
            in.flip();
            handleAll();
            in.compact();
        } catch (IOException e) {
            // The client is gone, in whatever way.
            close();
        } finally {
            receiving.unlock();
        }
    }

    private void handleAll() {
        while (channel.isOpen() && in.remaining() >= 4) {
            int length = in.getInt(in.position());
            if (length < 2 || length > LONGEST) {
                complain("The client sent a message of " + Integer.toUnsignedString(length) + " bytes");
                return;
            }
            if (in.remaining() < 4 + length) {
                return;
            }
            byte[] body = new byte[length];
            in.getInt();
            in.get(body);
            Attached client = attached;
            if (client != null) {
                client.received(new Frame(body));
            } else {
                handle(new Fields(body, "a multiplexing message"));
            }
        }
    }

    private void handle(Fields message) {
        int code = 0;
        try {
            code = message.channelNumber();
            handle(code, MuxRequest.of(code), message);
        } catch (AssertionError e) {
            complain("At multiplexing message 0x%08x: %s".formatted(code, e.getMessage()));
        } catch (UncheckedIOException e) {
            close();
        }
    }

    private void handle(int code, Optional<MuxRequest> request, Fields message) {
        if (request.isPresent()) {
            master.received(request.get());
        }
        if (!helloReceived) {
            long version = code == MuxRequest.HELLO.code() ? message.uint32() : -1;
            if (version != 4) {
                complain("The client began with message 0x%08x, version %d".formatted(code, version));
            }
            helloReceived = true;
        } else if (!mute) {
            long id = message.uint32();
            if (request.isPresent() && request.get() != MuxRequest.HELLO) {
                answer(request.get(), master.answerTo(request.get()), id);
            } else {
                refuse(MuxRequest.FAILURE, id, "unsupported request");
            }
        }
    }

    /** Says hello, or what the test wants in its place. */
    void greet() {
        receiving.lock();
        try {
            answer(MuxRequest.HELLO, master.answerTo(MuxRequest.HELLO), 0);
        } catch (UncheckedIOException e) {
            close();
        } finally {
            receiving.unlock();
        }
    }

    private void answer(MuxRequest request, Answer answer, long id) {
        switch (answer.kind()) {
            case GRANTED -> grant(request, id);
            case FAILURE -> refuse(MuxRequest.FAILURE, id, answer.reason());
            case PERMISSION_DENIED -> refuse(MuxRequest.PERMISSION_DENIED, id, answer.reason());
            case SILENCE -> mute = true;
            case RAW -> send(answer.bytes());
            case HANG_UP -> {
                send(answer.bytes());
                close();
            }
        }
    }

    private void refuse(int code, long id, String reason) {
        send(WireBytes.mux(code).uint32(id).text(reason).framed());
    }

    private void grant(MuxRequest request, long id) {
        switch (request) {
            case HELLO -> send(master.hello());
            case ALIVE_CHECK ->
                send(WireBytes.mux(MuxRequest.ALIVE)
                        .uint32(id)
                        .uint32(master.pid())
                        .framed());
            case TERMINATE -> {
                send(WireBytes.mux(MuxRequest.OK).uint32(id).framed());
                master.terminate();
            }
            case STOP_LISTENING -> {
                master.stopListening();
                send(WireBytes.mux(MuxRequest.OK).uint32(id).framed());
            }
            case PROXY -> {
                Attached client = new Attached(this);
                attached = client;
                send(WireBytes.mux(MuxRequest.PROXY_GRANTED).uint32(id).framed());
                master.attached(client);
            }
        }
    }

    /**
     * Sends bytes, waiting while the client takes none.
     *
     * @throws UncheckedIOException if the client is gone
     * @throws AssertionError if it does not take them in time
     */
    void send(byte[] bytes) {
        ByteBuffer out = ByteBuffer.wrap(bytes);
        sending.lock();
        try {
            if (!Await.until(SEND_TIMEOUT, SEND_POLL, () -> write(out))) {
                throw new AssertionError("The client took only %d of %d bytes within %s"
                        .formatted(out.position(), bytes.length, SEND_TIMEOUT));
            }
        } finally {
            sending.unlock();
        }
    }

    private boolean write(ByteBuffer out) {
        try {
            channel.write(out);
            return !out.hasRemaining();
        } catch (IOException e) {
            throw new UncheckedIOException("The client's connection is closed", e);
        }
    }

    /** Leaves what the client sends in the socket from now on, or takes it again. */
    void reading(boolean wanted) {
        receiving.lock();
        try {
            reading = wanted;
            key.interestOps(wanted ? SelectionKey.OP_READ : 0);
            key.selector().wakeup();
        } catch (CancelledKeyException e) {
            // Closed meanwhile: nothing is read any more.
        } finally {
            receiving.unlock();
        }
    }

    void complain(String complaint) {
        master.complain(complaint);
        close();
    }

    void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // Nobody is left to whom it would matter.
        }
        // The descriptor of a registered channel closes only when its selector looks.
        key.selector().wakeup();
        master.closed(this);
        Attached client = attached;
        if (client != null) {
            client.ended();
        }
    }
}
