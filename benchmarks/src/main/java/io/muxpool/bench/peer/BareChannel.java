package io.muxpool.bench.peer;

import io.muxpool.bench.result.Series;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * What the limit is measured by: the messages of one command on a master's socket, and nothing else. One thread writes and reads; no
 * pool, no lease, no deadline, no window, no check of anything. The next channel is opened together with each command.
 * Not thread-safe, and for small outputs only.
 */
final class BareChannel implements Peer {
    private static final int OPEN = 90;
    private static final int OPENED = 91;
    private static final int DATA = 94;
    private static final int EOF = 96;
    private static final int CLOSE = 97;
    private static final int REQUEST = 98;
    private static final int HELLO = 1;
    private static final int PROXY = 0x1000000f;

    private final SshMaster master;
    private final SocketChannel socket;
    private final ByteBuffer in = ByteBuffer.allocateDirect(512 * 1024).flip();
    private final ByteBuffer out = ByteBuffer.allocateDirect(4096);
    private int nextId;
    private int openId = -1;
    private int serversId = -1;

    private BareChannel(SshMaster master) throws IOException {
        this.master = master;
        socket = SocketChannel.open(UnixDomainSocketAddress.of(master.socket()));
        out.putInt(8).putInt(HELLO).putInt(4);
        out.putInt(8).putInt(PROXY).putInt(1);
        write();
        frame();
        frame();
        open();
        write();
        while (serversId < 0) {
            opened(frame());
        }
    }

    static BareChannel on(Destination destination, Path socket) throws Exception {
        SshMaster master = SshMaster.start(destination, socket);
        try {
            return new BareChannel(master);
        } catch (IOException | RuntimeException e) {
            master.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return "bare channel";
    }

    @Override
    public Series.Kind kind() {
        return Series.Kind.LIMIT;
    }

    private void write() throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            socket.write(out);
        }
        out.clear();
    }

    private ByteBuffer frame() throws IOException {
        while (in.remaining() < 4 || in.remaining() < 4 + in.getInt(in.position())) {
            in.compact();
            if (socket.read(in) < 0) {
                throw new EOFException("the ssh master ended the connection");
            }
            in.flip();
        }
        int length = in.getInt();
        ByteBuffer frame = in.slice(in.position(), length);
        in.position(in.position() + length);
        return frame;
    }

    private void begin(int length, int type, int channel) {
        out.putInt(6 + length).put((byte) 0).put((byte) type).putInt(channel);
    }

    private void string(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.putInt(bytes.length).put(bytes);
    }

    private void open() {
        openId = nextId++;
        out.putInt(2 + 4 + 7 + 12).put((byte) 0).put((byte) OPEN);
        string("session");
        out.putInt(openId).putInt(2 * 1024 * 1024).putInt(32 * 1024);
    }

    /** Whether it was the confirmation of the channel to come. */
    private boolean opened(ByteBuffer frame) throws IOException {
        int type = frame.get(1);
        if (type == OPENED + 1) {
            throw new IOException("the server refused a session");
        }
        if (type == OPENED) {
            serversId = frame.getInt(6);
        }
        return type == OPENED;
    }

    @Override
    public byte[] run(String line) throws IOException {
        while (serversId < 0) {
            opened(frame());
        }
        int mine = openId;
        int theirs = serversId;
        serversId = -1;
        byte[] command = line.getBytes(StandardCharsets.UTF_8);
        begin(4 + 4 + 1 + 4 + command.length, REQUEST, theirs);
        string("exec");
        out.put((byte) 1).putInt(command.length).put(command);
        begin(0, EOF, theirs);
        open();
        write();
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        while (true) {
            ByteBuffer frame = frame();
            if (opened(frame) || frame.getInt(2) != mine) {
                continue;
            }
            if (frame.get(1) == DATA) {
                byte[] bytes = new byte[frame.getInt(6)];
                frame.get(10, bytes);
                output.write(bytes);
            } else if (frame.get(1) == CLOSE) {
                begin(0, CLOSE, theirs);
                write();
                return output.toByteArray();
            }
        }
    }

    @Override
    public long download(String line) {
        throw new UnsupportedOperationException("a bare channel has no window to speak of");
    }

    @Override
    public byte[] upload(String line, long bytes) {
        throw new UnsupportedOperationException("a bare channel has no window to speak of");
    }

    @Override
    public List<Long> masters() {
        return List.of(master.pid());
    }

    @Override
    public void close() throws Exception {
        try (SshMaster stopped = master;
                SocketChannel closed = socket) {
            while (serversId < 0) {
                // The master dies of a socket that closes while an OPEN is under way.
                opened(frame());
            }
        }
    }
}
