package io.muxpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.sshd.common.Service;
import org.apache.sshd.common.future.CloseFuture;
import org.apache.sshd.common.future.SshFutureListener;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.closeable.AbstractCloseable;
import org.jspecify.annotations.Nullable;

/**
 * A client that a {@link FakeServer} let in. What is said to it goes out encrypted and in order, whatever it is; what sends
 * throws {@link UncheckedIOException} once the connection is closed. Thread-safe.
 */
public final class Visitor {

    private static final Duration FLUSH = Duration.ofSeconds(2);

    private final Session session;
    private volatile @Nullable IoWriteFuture last;

    private Visitor(Session session) {
        this.session = session;
    }

    /**
     * Sends a message of any type.
     *
     * @param payload what follows the type
     */
    public void say(int type, byte... payload) {
        try {
            Buffer out = session.createBuffer((byte) type, payload.length);
            out.putRawBytes(payload);
            last = session.writePacket(out);
        } catch (IOException e) {
            throw new UncheckedIOException("The client is gone", e);
        }
    }

    /** Ends the connection without a word, behind what was said before. Harmless when repeated. */
    public void hangUp() {
        flush();
        session.close(true);
    }

    /** Ends this side's half of it. */
    public void hangUpHalf() {
        flush();
        try {
            session.getIoSession().shutdownOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException("The client is gone", e);
        }
    }

    private void flush() {
        IoWriteFuture said = last;
        try {
            if (said != null) {
                said.await(FLUSH);
            }
        } catch (IOException e) {
            // It does not read: then it shall see the end.
        }
    }

    /** The layer that a real server has its channels in. */
    static final class Connection extends AbstractCloseable implements Service {

        private final Session session;
        private final FakeServer.Listener listener;
        private final List<Throwable> complaints;
        private final Map<String, Object> properties = new ConcurrentHashMap<>();
        private final Visitor visitor;

        Connection(Session session, FakeServer.Listener listener, List<Throwable> complaints) {
            this.session = session;
            this.listener = listener;
            this.complaints = complaints;
            this.visitor = new Visitor(session);
        }

        @Override
        public Session getSession() {
            return session;
        }

        @Override
        public Map<String, Object> getProperties() {
            return properties;
        }

        @Override
        public void start() {
            told(() -> listener.came(visitor));
            session.addCloseFutureListener(
                    (SshFutureListener<CloseFuture>) closed -> told(() -> listener.left(visitor)));
        }

        @Override
        public void process(int type, Buffer buffer) {
            byte[] payload = new byte[buffer.available()];
            buffer.getRawBytes(payload);
            told(() -> listener.heard(visitor, Frame.of(type, payload)));
        }

        private void told(Runnable news) {
            try {
                news.run();
            } catch (UncheckedIOException e) {
                // What it said in answer, to a client that is gone.
            } catch (RuntimeException | Error e) {
                complaints.add(e);
            }
        }
    }
}
