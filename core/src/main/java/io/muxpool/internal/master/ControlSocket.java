package io.muxpool.internal.master;

import io.muxpool.Job;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A short talk with a master over its control socket, in the protocol of OpenSSH's PROTOCOL.mux, never longer than a cap:
 * a stopped master accepts connections and then says nothing.
 *
 * <pre>
 *   frame    +--------------+------------------+
 *            | uint32 length| body             |
 *            +--------------+------------------+
 *   hello    | uint32 1 | uint32 version 4 | (string name, string value)*
 *   request  | uint32 type | uint32 request id |
 *   alive    | uint32 0x80000005 | uint32 request id | uint32 pid |
 *   ok       | uint32 0x80000001 | uint32 request id |
 * </pre>
 */
final class ControlSocket implements AutoCloseable {
    private static final int HELLO = 0x0000_0001;
    private static final int VERSION = 4;
    private static final int ALIVE_CHECK = 0x1000_0004;
    private static final int TERMINATE = 0x1000_0005;
    private static final int ALIVE = 0x8000_0005;
    private static final int OK = 0x8000_0001;
    private static final int REQUEST_ID = 1;
    private static final int MAX_FRAME = 256 * 1024;
    private static final long BACKLOG_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long CAP_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final SocketChannel channel;
    private final Selector selector;
    private final Job job;
    private final long startNanos = System.nanoTime();

    private ControlSocket(SocketChannel channel, Selector selector, Job job) {
        this.channel = channel;
        this.selector = selector;
        this.job = job;
    }

    /** Whether somebody accepts connections there, by a connect alone (about 25 us): no word is exchanged. */
    static boolean accepts(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            // Non-blocking: the connect to a stopped master's full backlog would wait for ever.
            channel.configureBlocking(false);
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Asks whether a master is there, in at most 5 s.
     *
     * @throws io.muxpool.JobException when the job ends first
     */
    static Liveness check(Path socket, Job job) {
        try (ControlSocket master = connect(socket, job)) {
            ByteBuffer answer = master.exchange(ALIVE_CHECK);
            if (answer.remaining() < 12 || answer.getInt() != ALIVE || answer.getInt() != REQUEST_ID) {
                return new Liveness.Hung();
            }
            return new Liveness.Alive(Integer.toUnsignedLong(answer.getInt()));
        } catch (ConnectException | EOFException e) {
            // Refused: the socket file of a dead process. End of file: the process went away meanwhile.
            return new Liveness.Dead();
        } catch (IOException e) {
            // Interrupts close the channel: that says nothing about the master.
            job.check("asking the ssh master whether it is alive");
            return new Liveness.Hung();
        }
    }

    /** Asks the master to end, and waits until it has closed this connection; false when it did not in time. */
    static boolean terminate(Path socket, Job job) {
        try (ControlSocket master = connect(socket, job)) {
            ByteBuffer answer = master.exchange(TERMINATE);
            if (answer.remaining() < 4 || answer.getInt() != OK) {
                return false;
            }
            master.awaitEnd();
            return true;
        } catch (EOFException e) {
            // It was quicker than its answer.
            return true;
        } catch (IOException e) {
            job.check("stopping the ssh master");
            return false;
        }
    }

    /**
     * Connects, trying again while the master's backlog is full (EAGAIN): of many callers at once that is no wonder, of a
     * stopped master it stays so until the cap.
     */
    private static ControlSocket connect(Path socket, Job job) throws IOException {
        long start = System.nanoTime();
        for (; ; ) {
            try {
                return connectOnce(socket, job);
            } catch (ConnectException | ClosedByInterruptException e) {
                throw e;
            } catch (SocketException e) {
                if (System.nanoTime() - start >= CAP_NANOS || !Files.exists(socket)) {
                    throw e;
                }
                LockSupport.parkNanos(BACKLOG_NANOS);
                job.check("waiting for the ssh master to accept a connection");
            }
        }
    }

    private static ControlSocket connectOnce(Path socket, Job job) throws IOException {
        Selector selector = Selector.open();
        try {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.configureBlocking(false);
                if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
                    throw new SocketException("the connection was not accepted");
                }
                channel.register(selector, SelectionKey.OP_READ);
                return new ControlSocket(channel, selector, job);
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            selector.close();
            throw e;
        }
    }

    /** Sends hello and request in one write, and gives back the body of the answer to the request. */
    private ByteBuffer exchange(int request) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(24)
                .putInt(8)
                .putInt(HELLO)
                .putInt(VERSION)
                .putInt(8)
                .putInt(request)
                .putInt(REQUEST_ID)
                .flip();
        // 24 bytes into the empty buffer of a fresh socket: never partial.
        channel.write(out);
        ByteBuffer hello = frame();
        if (hello.remaining() < 8 || hello.getInt() != HELLO || hello.getInt() != VERSION) {
            throw new IOException("not the multiplexing protocol, version 4");
        }
        return frame();
    }

    private ByteBuffer frame() throws IOException {
        int length = read(4).getInt();
        if (length < 4 || length > MAX_FRAME) {
            throw new IOException("a frame of " + Integer.toUnsignedString(length) + " bytes");
        }
        return read(length);
    }

    private ByteBuffer read(int length) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(length);
        while (in.hasRemaining()) {
            int n = channel.read(in);
            if (n < 0) {
                throw new EOFException("the master closed the connection");
            }
            if (n == 0) {
                awaitReadable();
            }
        }
        return in.flip();
    }

    private void awaitEnd() throws IOException {
        ByteBuffer rest = ByteBuffer.allocate(64);
        try {
            while (channel.read(rest.clear()) >= 0) {
                awaitReadable();
            }
        } catch (EOFException e) {
            return;
        }
    }

    private void awaitReadable() throws IOException {
        long left = CAP_NANOS - (System.nanoTime() - startNanos);
        long wait = TimeUnit.NANOSECONDS.toMillis(Math.min(left, job.remainingNanos()));
        if (left <= 0) {
            throw new IOException("no answer within 5 s");
        }
        try (Job.Registration registration = job.onCancel(selector::wakeup)) {
            // Rounded up: 0 would wait for ever.
            selector.select(wait + 1);
        }
        selector.selectedKeys().clear();
        job.check("waiting for the ssh master's answer");
    }

    @Override
    public void close() throws IOException {
        try (selector) {
            channel.close();
        }
    }
}
