package io.muxpool.testkit;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Just enough of a multiplexing client to talk to a {@link FakeMaster}. */
final class MuxClient implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(30);

    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocate(512 * 1024);

    private MuxClient(SocketChannel channel) {
        this.channel = channel;
    }

    static MuxClient connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        channel.configureBlocking(false);
        return new MuxClient(channel);
    }

    /** Connects and exchanges hellos. */
    static MuxClient greeted(Path socket) throws IOException {
        MuxClient client = connect(socket);
        client.send(WireBytes.mux(1).uint32(4));
        client.message();
        return client;
    }

    /** Connects, exchanges hellos and enters proxy mode. */
    static MuxClient attached(Path socket) throws IOException {
        MuxClient client = greeted(socket);
        client.send(WireBytes.mux(0x1000000f).uint32(7));
        client.message();
        return client;
    }

    void send(WireBytes message) throws IOException {
        sendRaw(message.framed());
    }

    void sendRaw(byte[] bytes) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(bytes);
        if (!Await.until(PATIENCE, () -> offer(out))) {
            throw new AssertionError("The master takes no more");
        }
    }

    /** Writes what the socket takes at once; true when that is all. */
    boolean offer(ByteBuffer out) {
        try {
            channel.write(out);
            return !out.hasRemaining();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    void open(int clientId, long window) throws IOException {
        send(WireBytes.channel(Frame.OPEN)
                .text("session")
                .uint32(clientId)
                .uint32(window)
                .uint32(32_768));
    }

    void request(long serverId, String name, String argument) throws IOException {
        send(WireBytes.channel(Frame.REQUEST)
                .uint32(serverId)
                .text(name)
                .flag(true)
                .text(argument));
    }

    /** The next message as the fields after its length. */
    Fields message() {
        byte[] body = next();
        if (body == null) {
            throw new AssertionError("The master closed the connection");
        }
        return new Fields(body, "a message of " + body.length + " bytes");
    }

    Frame frame() {
        return new Frame(message().rest());
    }

    /** The next frame, whose type is to be that. */
    Frame frame(int type) {
        Frame frame = frame();
        if (frame.type() != type) {
            throw new AssertionError("Not " + type + ": " + frame);
        }
        return frame;
    }

    boolean atEnd() {
        return next() == null;
    }

    /** Whatever there is until the end. */
    byte[] everything() {
        while (fill()) {
            // On.
        }
        return Arrays.copyOf(in.array(), in.position());
    }

    private byte @Nullable [] next() {
        while (true) {
            if (in.position() >= 4) {
                int length = in.getInt(0);
                if (in.position() >= 4 + length) {
                    byte[] body = new byte[length];
                    in.flip();
                    in.getInt();
                    in.get(body);
                    in.compact();
                    return body;
                }
            }
            if (!fill()) {
                return null;
            }
        }
    }

    /** Waits for more; false at the end. */
    private boolean fill() {
        int[] count = {0};
        if (!Await.until(PATIENCE, () -> {
            count[0] = read();
            return count[0] != 0;
        })) {
            throw new AssertionError("The master is silent");
        }
        return count[0] > 0;
    }

    /** Reads what there is now: the number of bytes, or -1 at the end. */
    int read() {
        try {
            return channel.read(in);
        } catch (IOException e) {
            return -1;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
