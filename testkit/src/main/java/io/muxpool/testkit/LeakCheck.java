package io.muxpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A JUnit extension that fails a test which leaves something behind: a process, a thread, a descriptor.
 *
 * <p>What is compared: the live descendants of this JVM; ssh processes anywhere whose command line mentions a
 * {@link ShortTemp} of this JVM, since masters leave the process tree by design; threads that are not daemons or whose
 * name begins with {@code muxpool}; and, on Linux, open sockets, pipes and temporary files. Whatever is there before
 * {@code @BeforeEach} is not the test's; what is new must be gone some seconds after {@code @AfterEach}.
 *
 * <p>Virtual threads are invisible to it. Tests that share a JVM must not run in parallel.
 */
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {

    // Threads kept for reuse stay for 10 s, which is not to be a race. Who breaks code on purpose waits for less.
    private static final Duration PATIENCE = Duration.ofSeconds(Integer.getInteger("muxpool.patience", 20));
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration MASTER_GRACE = Duration.ofSeconds(2);
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(LeakCheck.class);

    static {
        openWhatTheJdkKeeps();
    }

    private final Predicate<Thread> ignored;
    private final Duration patience;

    /** Watches every thread named above. */
    public LeakCheck() {
        this(thread -> false, PATIENCE);
    }

    LeakCheck(Predicate<Thread> ignored, Duration patience) {
        this.ignored = ignored;
        this.patience = patience;
    }

    /**
     * A check that overlooks some threads, such as those a library keeps for reuse; for {@code @RegisterExtension}.
     *
     * @param ignored tells for a thread whether to overlook it
     */
    public static LeakCheck ignoringThreads(Predicate<Thread> ignored) {
        return new LeakCheck(ignored, PATIENCE);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        context.getStore(NAMESPACE).put(context.getUniqueId(), LeakSnapshot.take(ignored));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        LeakSnapshot before = context.getStore(NAMESPACE).remove(context.getUniqueId(), LeakSnapshot.class);
        if (before != null) {
            assertNothingNewSince(before);
        }
    }

    /** What is open until a watch is over. */
    @FunctionalInterface
    public interface Watch extends AutoCloseable {
        /** Looks, as behind each test. */
        @Override
        void close();
    }

    /** For what several tests share: looks now, and again when what this returns is closed. */
    public Watch watch() {
        LeakSnapshot before = snapshot();
        return () -> assertNothingNewSince(before);
    }

    /** The state to compare with, for use without JUnit's callbacks. */
    LeakSnapshot snapshot() {
        return LeakSnapshot.take(ignored);
    }

    void assertNothingNewSince(LeakSnapshot before) {
        if (!Await.until(patience, POLL, () -> !snapshot().hasNewSince(before))) {
            List<String> leaks = snapshot().newSince(before);
            if (!leaks.isEmpty()) {
                throw new AssertionError("The test left behind:\n    " + String.join("\n    ", leaks));
            }
        }
    }

    /**
     * Ends the ssh masters and clients whose sockets are in a directory, and waits until they are gone. Masters outlive
     * the pool that started them by design, so a test ends them before this check looks.
     *
     * @param socketDir the directory, or one above it; it may be gone
     */
    public static void endMasters(Path socketDir) {
        List<Long> clients = clientsIn(socketDir);
        Processes.signal(clients, "TERM");
        if (!Await.until(MASTER_GRACE, () -> clients.stream().noneMatch(Processes::alive))) {
            List<Long> stubborn = clients.stream().filter(Processes::alive).toList();
            Processes.signal(stubborn, "KILL");
            stubborn.forEach(pid -> Processes.awaitGone(pid, MASTER_GRACE));
        }
    }

    /** The ssh clients that are no masters, and work with a socket in a directory, if they do not end in time. */
    public static List<Long> passengersAfter(Duration atMost, Path socketDir) {
        Supplier<List<Long>> passengers = () -> clientsIn(socketDir).stream()
                .filter(pid -> !isMaster(Processes.commandLine(pid)))
                .toList();
        Await.until(atMost, POLL, () -> passengers.get().isEmpty());
        return passengers.get();
    }

    /** The ssh masters whose sockets are in a directory, those included that are about to be. */
    public static List<Long> masters(Path socketDir) {
        return clientsIn(socketDir).stream()
                .filter(pid -> isMaster(Processes.commandLine(pid)))
                .toList();
    }

    /** Whether a command line, or the title that a process gave itself, is one of ssh's own. */
    static boolean isSsh(String commandLine) {
        int space = commandLine.indexOf(' ');
        String word = space < 0 ? commandLine : commandLine.substring(0, space);
        String name = word.substring(word.lastIndexOf('/') + 1);
        return name.endsWith("ssh") || name.endsWith("ssh:") || name.startsWith("sshd") || isMaster(commandLine);
    }

    /** One that began with a session has given itself a title; one without has its words, and perhaps is starting yet. */
    private static boolean isMaster(String commandLine) {
        return commandLine.endsWith("[mux]") || commandLine.contains(" -oControlPersist=");
    }

    private static List<Long> clientsIn(Path socketDir) {
        Set<String> names = new LinkedHashSet<>(
                List.of(socketDir.toString(), real(socketDir).toString()));
        return Processes.commandLines().entrySet().stream()
                .filter(entry -> isSsh(entry.getValue()) && !isServer(entry.getValue()))
                .filter(entry -> names.stream().anyMatch(entry.getValue()::contains))
                .map(entry -> entry.getKey())
                .toList();
    }

    /** A server's directory may be the one that the sockets are in, too. */
    private static boolean isServer(String commandLine) {
        return commandLine.startsWith("sshd") || commandLine.contains("/sshd ");
    }

    private static Path real(Path path) {
        try {
            return Files.exists(path) ? path.toRealPath() : path;
        } catch (IOException e) {
            return path;
        }
    }

    /** At its first socket the JDK opens descriptors that it keeps for good: they are not the first test's leak. */
    private static void openWhatTheJdkKeeps() {
        try (SocketChannel channel = SocketChannel.open();
                ServerSocket socket = new ServerSocket()) {
            channel.configureBlocking(true);
            socket.setReuseAddress(true);
        } catch (IOException e) {
            throw new UncheckedIOException("No sockets at all", e);
        }
    }
}
