package io.muxpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An ssh master that does what the test says, for what no real one can be brought to do. It listens on a Unix socket,
 * speaks OpenSSH's multiplexing protocol, and has no server behind it: a client that attaches in proxy mode talks to the
 * test, or to a {@link Script}.
 *
 * <p>Every request of {@link MuxRequest} is answered as a healthy master answers it unless {@link #answer} says
 * otherwise; requests it does not know get a failure. A client that breaks the protocol loses its connection, and
 * {@link #close()} tells why. One thread accepts and reads all connections, one more serves each scripted client.
 * Thread-safe.
 */
public final class FakeMaster implements AutoCloseable {

    private static final Duration END_TIMEOUT = Duration.ofSeconds(5);

    private final Path socket;
    private final Selector selector;
    private final ServerSocketChannel listener;
    private final Thread thread;
    private final Set<FakeConnection> connections = ConcurrentHashMap.newKeySet();
    private final Map<MuxRequest, Answer> answers = new ConcurrentHashMap<>();
    private final List<MuxRequest> requests = new CopyOnWriteArrayList<>();
    private final List<Attached> clients = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Attached> queue = new LinkedBlockingQueue<>();
    private final List<Thread> scripts = new CopyOnWriteArrayList<>();
    private final List<Throwable> complaints = new CopyOnWriteArrayList<>();
    private volatile byte[] hello = helloOf(4);
    private volatile long pid = ProcessHandle.current().pid();
    private volatile @Nullable Script script;
    private volatile boolean ending;

    private FakeMaster(Path socket, Selector selector, ServerSocketChannel listener) {
        this.socket = socket;
        this.selector = selector;
        this.listener = listener;
        this.thread = new Thread(this::run, "fake-master");
        thread.setDaemon(true);
    }

    /**
     * Starts a master; it listens when this returns.
     *
     * @param socket does not exist yet, and is short as paths of sockets are: see {@link ShortTemp}
     * @throws UncheckedIOException if it cannot listen there
     */
    public static FakeMaster start(Path socket) {
        try {
            Selector selector = Selector.open();
            ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                listener.bind(UnixDomainSocketAddress.of(socket));
                listener.configureBlocking(false);
                listener.register(selector, SelectionKey.OP_ACCEPT);
            } catch (IOException e) {
                listener.close();
                selector.close();
                throw e;
            }
            FakeMaster master = new FakeMaster(socket, selector, listener);
            master.thread.start();
            return master;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot listen on " + socket, e);
        }
    }

    /** Answers such requests otherwise from now on. For {@link MuxRequest#HELLO}: connections made from now on. */
    public FakeMaster answer(MuxRequest request, Answer answer) {
        answers.put(request, answer);
        return this;
    }

    /**
     * Says another hello from now on.
     *
     * @param version 4 in every OpenSSH there is
     * @param extensions names and values in turns
     */
    public FakeMaster hello(long version, String... extensions) {
        hello = helloOf(version, extensions);
        return this;
    }

    /** Claims another process id than this JVM's. */
    public FakeMaster pid(long claimed) {
        pid = claimed;
        return this;
    }

    /** Lets a script serve every client that attaches from now on. {@link #attached} hands them out all the same. */
    public FakeMaster serve(Script toEach) {
        script = toEach;
        return this;
    }

    /**
     * Waits for the next client that is let into proxy mode.
     *
     * @throws AssertionError if none comes in time
     */
    public Attached attached(Duration atMost) {
        try {
            Attached client = queue.poll(atMost.toNanos(), TimeUnit.NANOSECONDS);
            if (client != null) {
                return client;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new AssertionError("No client attached within " + atMost + "; requests: " + requests + complaintsText());
    }

    /** The requests of all connections so far, in order, including each client's hello. */
    public List<MuxRequest> requests() {
        return List.copyOf(requests);
    }

    /** The frames that all attached clients sent so far, client by client. */
    public List<Frame> frames() {
        return clients.stream().flatMap(client -> client.frames().stream()).toList();
    }

    /** How many connections are open. */
    public int connections() {
        return connections.size();
    }

    /** The path that it listens on. */
    public Path socket() {
        return socket;
    }

    /** Stops listening and removes the socket; connections go on. Harmless when repeated. */
    public void stopListening() {
        try {
            if (listener.isOpen()) {
                listener.close();
                selector.wakeup();
                Files.deleteIfExists(socket);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot give up " + socket, e);
        }
    }

    /** Stops listening and closes every connection, as a master that ends. Harmless when repeated. */
    public void terminate() {
        stopListening();
        connections.forEach(FakeConnection::close);
    }

    /**
     * Ends everything. Harmless when repeated.
     *
     * @throws AssertionError if a client broke the protocol, or a script failed; only the first time
     */
    @Override
    public void close() {
        if (ending) {
            return;
        }
        terminate();
        ending = true;
        selector.wakeup();
        join(thread);
        scripts.forEach(FakeMaster::join);
        if (!complaints.isEmpty()) {
            AssertionError error = new AssertionError("The fake master complains" + complaintsText());
            complaints.forEach(error::addSuppressed);
            throw error;
        }
    }

    byte[] hello() {
        return hello;
    }

    long pid() {
        return pid;
    }

    Answer answerTo(MuxRequest request) {
        return answers.getOrDefault(request, Answer.granted());
    }

    void received(MuxRequest request) {
        requests.add(request);
    }

    void attached(Attached client) {
        clients.add(client);
        Script toEach = script;
        if (toEach != null) {
            Thread server = new Thread(() -> serve(client, toEach), "fake-master-script");
            server.setDaemon(true);
            scripts.add(server);
            server.start();
        }
        queue.add(client);
    }

    void complain(String complaint) {
        complaints.add(new AssertionError(complaint));
    }

    void closed(FakeConnection connection) {
        connections.remove(connection);
    }

    private void serve(Attached client, Script toEach) {
        try {
            new PoliteServer(client, toEach).run();
        } catch (UncheckedIOException e) {
            // The client is gone: so is the script's work.
        } catch (RuntimeException | Error e) {
            complaints.add(e);
            client.closeSocket();
        }
    }

    private void run() {
        try (selector) {
            while (!ending) {
                selector.select(key -> {
                    if (key.attachment() instanceof FakeConnection connection) {
                        connection.read();
                    } else {
                        accept();
                    }
                });
            }
            connections.forEach(FakeConnection::close);
        } catch (IOException | RuntimeException | Error e) {
            complaints.add(e);
        }
    }

    private void accept() {
        try {
            SocketChannel channel = listener.accept();
            if (channel != null) {
                FakeConnection connection = new FakeConnection(this, channel, selector);
                connections.add(connection);
                connection.greet();
            }
        } catch (IOException e) {
            if (listener.isOpen()) {
                complaints.add(e);
            }
        }
    }

    private String complaintsText() {
        List<String> texts = new ArrayList<>();
        complaints.forEach(complaint -> texts.add("\n    " + complaint));
        return String.join("", texts);
    }

    private static void join(Thread thread) {
        try {
            thread.join(END_TIMEOUT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            throw new AssertionError(thread.getName() + " does not end");
        }
    }

    private static byte[] helloOf(long version, String... extensions) {
        WireBytes bytes = WireBytes.mux(MuxRequest.HELLO.code()).uint32(version);
        for (String nameOrValue : extensions) {
            bytes.text(nameOrValue);
        }
        return bytes.framed();
    }
}
