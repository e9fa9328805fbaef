package io.muxpool.internal.master;

import io.muxpool.Job;
import io.muxpool.internal.mux.wire.Frames;
import io.muxpool.internal.mux.wire.MuxMessage;
import io.muxpool.internal.mux.wire.ProtocolException;
import io.muxpool.internal.unix.LocalSocket;
import io.muxpool.internal.unix.OwnLimits;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A short talk with a master over its control socket, one request and its answer, never longer than a cap: a stopped
 * master accepts connections and then says nothing.
 */
final class ControlSocket implements AutoCloseable {
    private static final int REQUEST_ID = 1;
    /** Holds what masters say to us here, hello included; more is made when one says more. */
    private static final int BUFFER_SIZE = 256;

    private static final long BACKLOG_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /** How long a talk may take, whatever its job. */
    static final Duration CAP = Duration.ofSeconds(5);

    private static final long CAP_NANOS = CAP.toNanos();

    private final SocketChannel channel;
    private final Selector selector;
    private final Job job;
    private final long startNanos = System.nanoTime();

    // What has been received and not yet used lies between position and limit.
    private ByteBuffer in = ByteBuffer.allocate(BUFFER_SIZE).flip();

    private ControlSocket(SocketChannel channel, Selector selector, Job job) {
        this.channel = channel;
        this.selector = selector;
        this.job = job;
    }

    /** Whether somebody accepts connections there, by a connect alone (about 25 us): no word is exchanged. */
    static boolean accepts(Path socket) {
        try (SocketChannel channel = LocalSocket.connect(socket)) {
            return channel.isConnected();
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
            return master.exchange(new MuxMessage.AliveCheck(REQUEST_ID)) instanceof MuxMessage.Alive alive
                            && alive.request() == REQUEST_ID
                    ? new Liveness.Alive(Integer.toUnsignedLong(alive.pid()))
                    : new Liveness.Hung();
        } catch (ConnectException | EOFException e) {
            // Refused: the socket file of a dead process. End of file: the process went away meanwhile.
            return new Liveness.Dead();
        } catch (LocalSocket.ForeignPeerException e) {
            return new Liveness.Foreign(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            // Interrupts close the channel: that says nothing about the master.
            job.check("asking the ssh master whether it is alive");
            return OwnLimits.reached(e) == null ? new Liveness.Hung() : new Liveness.Unasked(e);
        }
    }

    /** Asks the master to end, and waits until it has closed this connection; false when it did not in time. */
    static boolean terminate(Path socket, Job job) {
        try (ControlSocket master = connect(socket, job)) {
            if (!master.grants(new MuxMessage.Terminate(REQUEST_ID))) {
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
     * Asks the master to remove its socket and take no more connections; it ends after the last that it has. False when it
     * did not agree in time, true when nobody listens anyway. Afterwards the path is free: a master does not remove it a
     * second time when it ends.
     */
    static boolean stopListening(Path socket, Job job) {
        try (ControlSocket master = connect(socket, job)) {
            return master.grants(new MuxMessage.StopListening(REQUEST_ID));
        } catch (ConnectException | EOFException e) {
            // Refused: the socket file of a dead process. End of file: the process went away meanwhile.
            return true;
        } catch (IOException e) {
            job.check("telling the ssh master to take no more connections");
            return Files.notExists(socket);
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
                if (System.nanoTime() - start >= CAP_NANOS || !Files.exists(socket) || OwnLimits.reached(e) != null) {
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
            SocketChannel channel = LocalSocket.connect(socket);
            try {
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

    private boolean grants(MuxMessage request) throws IOException {
        return exchange(request) instanceof MuxMessage.Ok ok && ok.request() == REQUEST_ID;
    }

    /** Sends hello and request in one write, and gives back the answer to the request. */
    private MuxMessage exchange(MuxMessage request) throws IOException {
        MuxMessage hello = new MuxMessage.Hello();
        ByteBuffer out = ByteBuffer.allocate(hello.frameSize() + request.frameSize());
        hello.encode(out);
        request.encode(out);
        // 24 bytes into the empty buffer of a fresh socket: never partial.
        write(out.flip());
        if (receive() instanceof MuxMessage.Hello theirs && theirs.version() == MuxMessage.Hello.VERSION) {
            return receive();
        }
        throw new ProtocolException("not the multiplexing protocol, version " + MuxMessage.Hello.VERSION);
    }

    private MuxMessage receive() throws IOException {
        ByteBuffer body = Frames.next(in);
        while (body == null) {
            read(Frames.needed(in));
            body = Frames.next(in);
        }
        return MuxMessage.decode(body);
    }

    /** Reads something, into a buffer that has room for what is needed. */
    private void read(int needed) throws IOException {
        int room = in.remaining() + needed;
        ByteBuffer next =
                room <= in.capacity() ? in.compact() : ByteBuffer.allocate(room).put(in);
        in = next;
        int n = take(next);
        while (n == 0) {
            awaitReadable();
            n = take(next);
        }
        next.flip();
        if (n < 0) {
            throw new EOFException("the master closed the connection");
        }
    }

    private int take(ByteBuffer to) throws IOException {
        try {
            return channel.read(to);
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            throw hungUp(e);
        }
    }

    private void write(ByteBuffer words) throws IOException {
        try {
            channel.write(words);
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            throw hungUp(e);
        }
    }

    /** A local socket breaks, rather than ending, when the other side has closed it with words of ours unread. */
    private static EOFException hungUp(IOException broken) {
        EOFException end = new EOFException("the master closed the connection: " + broken.getMessage());
        end.initCause(broken);
        return end;
    }

    private void awaitEnd() throws IOException {
        ByteBuffer rest = ByteBuffer.allocate(64);
        try {
            while (take(rest.clear()) >= 0) {
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
