package io.muxpool.internal.mux.wire;

import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One connection to a real master, every message of which is kept as it was on the wire. It finds the frames by itself
 * rather than with the code it is there to test. Blocks; an interrupt, such as that of a test's timeout, ends it.
 */
public final class MasterTalk implements AutoCloseable {
    private static final int REQUEST = 7;

    private final SocketChannel socket;
    private final List<Golden.Frame> frames = new ArrayList<>();
    private boolean proxied;

    private MasterTalk(SocketChannel socket) {
        this.socket = socket;
    }

    /** Connects and exchanges hellos. */
    public static MasterTalk hello(Path path) throws IOException {
        MasterTalk talk = new MasterTalk(SocketChannel.open(UnixDomainSocketAddress.of(path)));
        try {
            talk.send(new MuxMessage.Hello());
            talk.muxMessage();
            return talk;
        } catch (IOException | RuntimeException e) {
            talk.close();
            throw e;
        }
    }

    /** Connects, and asks for proxy mode. */
    public static MasterTalk proxy(Path path) throws IOException {
        MasterTalk talk = hello(path);
        try {
            talk.send(new MuxMessage.Proxy(REQUEST));
            if (!talk.muxMessage().equals(new MuxMessage.ProxyOk(REQUEST))) {
                throw new IOException("no proxy mode");
            }
            talk.proxied = true;
            return talk;
        } catch (IOException | RuntimeException e) {
            talk.close();
            throw e;
        }
    }

    /** Opens a session, and gives back the server's number for it. */
    public int session(int ours) throws IOException {
        send(new ChannelMessage.Open(ours, 1 << 20, 1 << 15));
        if (message() instanceof ChannelMessage.OpenConfirmation open && open.recipient() == ours) {
            return open.sender();
        }
        throw new IOException("no session");
    }

    void send(MuxMessage message) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(message.frameSize());
        message.encode(out);
        send(out.array());
    }

    /** Sends a message to a channel. */
    public void send(ChannelMessage message) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(message.frameSize());
        message.encode(out);
        send(out.array());
    }

    private void send(byte[] frame) throws IOException {
        frames.add(new Golden.Frame(proxied, true, frame));
        sendUnknown(frame);
    }

    /** Sends what is no message of ours, and does not keep it. */
    void sendUnknown(byte[] frame) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(frame);
        while (out.hasRemaining()) {
            socket.write(out);
        }
    }

    MuxMessage muxMessage() throws IOException {
        return MuxMessage.decode(body());
    }

    /** The next message of a channel. */
    public ChannelMessage message() throws IOException {
        return ChannelMessage.decode(body());
    }

    /** All messages up to the server's {@link ChannelMessage.Close}, which is answered. */
    public List<ChannelMessage> untilClose(int theirs) throws IOException {
        List<ChannelMessage> messages = new ArrayList<>();
        ChannelMessage last;
        do {
            last = message();
            messages.add(last);
        } while (!(last instanceof ChannelMessage.Close));
        send(new ChannelMessage.Close(theirs));
        return messages;
    }

    /** Everything so far, both ways. */
    List<Golden.Frame> frames() {
        return List.copyOf(frames);
    }

    private ByteBuffer body() throws IOException {
        byte[] header = read(4);
        byte[] body = read(ByteBuffer.wrap(header).getInt());
        frames.add(new Golden.Frame(
                proxied,
                false,
                ByteBuffer.allocate(header.length + body.length)
                        .put(header)
                        .put(body)
                        .array()));
        return ByteBuffer.wrap(body);
    }

    private byte[] read(int size) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(size);
        while (in.hasRemaining()) {
            if (socket.read(in) < 0) {
                throw new EOFException("the master closed the connection");
            }
        }
        return in.array();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
