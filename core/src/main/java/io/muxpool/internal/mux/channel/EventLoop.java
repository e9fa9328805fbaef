package io.muxpool.internal.mux.channel;

import io.muxpool.internal.stream.Pumps;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that reads the sockets of all masters, and keeps time for them. A daemon that no interrupt of a caller
 * can reach; it ends after ten seconds without a socket, and the next socket starts it again.
 *
 * <p>Whatever runs on it must not block: not for I/O, not for a lock that is held longer than moments.
 */
public final class EventLoop {
    private static final Logger LOG = System.getLogger("io.muxpool.mux");
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final EventLoop SHARED = new EventLoop();

    private final ReentrantLock life = new ReentrantLock();
    // Written under life: who is registered, and thread and selector as long as they run.
    private int sockets;
    private volatile @Nullable Thread thread;
    private volatile @Nullable Selector selector;

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Queue<Timer> newTimers = new ConcurrentLinkedQueue<>();

    // The loop's own.
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();

    private EventLoop() {}

    static EventLoop shared() {
        return SHARED;
    }

    /** A socket's side of the loop. Called on the loop's thread; what it throws ends the socket, not the loop. */
    interface Ready {
        void ready(SelectionKey key) throws IOException;

        void failed(Throwable why);
    }

    /** Something to be run at a time; runs once, on the loop's thread. */
    public static final class Timer implements Comparable<Timer> {
        private final long at;
        private volatile @Nullable Runnable action;

        private Timer(long at, Runnable action) {
            this.at = at;
            this.action = action;
        }

        /** Takes it back, unless it has run or is running. */
        public void cancel() {
            action = null;
        }

        private void run() {
            Runnable now = action;
            if (now != null) {
                now.run();
            }
        }

        @Override
        public int compareTo(Timer other) {
            return Long.signum(at - other.at);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /**
     * Registers a socket for reading, starting the thread if it does not run.
     *
     * @throws IOException when there is no thread or no file descriptor to be had; the next call tries again
     */
    SelectionKey register(SocketChannel socket, Ready ready) throws IOException {
        life.lock();
        try {
            Selector current = running();
            SelectionKey key = socket.register(current, SelectionKey.OP_READ, ready);
            sockets++;
            current.wakeup();
            return key;
        } finally {
            life.unlock();
        }
    }

    /** Forgets a socket that has been closed. */
    void unregister() {
        life.lock();
        try {
            sockets--;
        } finally {
            life.unlock();
        }
        wake();
    }

    /** Runs a task on the loop's thread, soon. */
    public void execute(Runnable task) {
        tasks.add(task);
        wakeOrStart();
    }

    /** Runs an action on the loop's thread after a delay. */
    public Timer schedule(long delayNanos, Runnable action) {
        Timer timer = new Timer(System.nanoTime() + delayNanos, action);
        newTimers.add(timer);
        wakeOrStart();
        return timer;
    }

    /** What was just queued needs a loop, which may have ended, or failed, a moment ago. */
    private void wakeOrStart() {
        if (selector == null) {
            life.lock();
            try {
                running();
            } catch (IOException e) {
                LOG.log(Level.WARNING, "what the mux loop is to do waits until it can be started: {0}", e.getMessage());
            } finally {
                life.unlock();
            }
        }
        wake();
    }

    /** The selector of the running loop, which is started if there is none. Under the lock of its life. */
    private Selector running() throws IOException {
        Selector current = selector;
        if (current == null) {
            current = Selector.open();
            try {
                thread = start(current);
            } catch (OutOfMemoryError e) {
                // The limit of processes and threads (ulimit -u), or of the memory for their stacks. It passes.
                current.close();
                throw new IOException("no thread can be started: " + e.getMessage(), e);
            }
            selector = current;
        }
        return current;
    }

    void wake() {
        Selector now = selector;
        if (now != null && Thread.currentThread() != thread) {
            now.wakeup();
        }
    }

    private Thread start(Selector on) {
        Thread started = new Thread(() -> run(on), "muxpool-loop");
        started.setDaemon(true);
        started.start();
        return started;
    }

    private void run(Selector on) {
        long idleSince = System.nanoTime();
        try {
            while (true) {
                on.select(EventLoop::serve, untilNextTimer());
                runTasks();
                runTimers();
                Pumps.retry();
                if (on.keys().isEmpty()) {
                    timers.removeIf(timer -> timer.action == null);
                }
                if (!on.keys().isEmpty() || !timers.isEmpty()) {
                    idleSince = System.nanoTime();
                } else if (System.nanoTime() - idleSince >= LINGER_NANOS && endIfUnused()) {
                    on.close();
                    return;
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            LOG.log(Level.ERROR, "the mux loop failed: all its connections are lost", e);
            failAll(on, e);
        }
    }

    /** Nobody may wait for a loop that is not there any more. */
    private void failAll(Selector on, Throwable why) {
        life.lock();
        try {
            selector = null;
            thread = null;
        } finally {
            life.unlock();
        }
        List<SelectionKey> keys = on.isOpen() ? List.copyOf(on.keys()) : List.of();
        keys.forEach(key -> ((Ready) key.attachment()).failed(why));
        try {
            on.close();
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    private boolean endIfUnused() {
        life.lock();
        try {
            Selector current = selector;
            // Before the look at the queues: whoever adds to them afterwards finds that a loop must be started.
            selector = null;
            if (sockets > 0 || !tasks.isEmpty() || !newTimers.isEmpty() || Pumps.areBehind()) {
                selector = current;
                return false;
            }
            thread = null;
            return true;
        } finally {
            life.unlock();
        }
    }

    private long untilNextTimer() {
        drainNewTimers();
        if (!tasks.isEmpty()) {
            return 1;
        }
        Timer next = timers.peek();
        long nanos = next == null ? LINGER_NANOS : next.at - System.nanoTime();
        if (Pumps.areBehind()) {
            nanos = Math.min(nanos, RETRY_NANOS);
        }
        // Rounded up: 0 would wait for ever.
        return Math.max(0, TimeUnit.NANOSECONDS.toMillis(nanos)) + 1;
    }

    private void drainNewTimers() {
        for (Timer timer; (timer = newTimers.poll()) != null; ) {
            timers.add(timer);
        }
    }

    private void runTasks() {
        for (Runnable task; (task = tasks.poll()) != null; ) {
            guarded(task);
        }
    }

    private void runTimers() {
        drainNewTimers();
        for (Timer timer; (timer = timers.peek()) != null && timer.at - System.nanoTime() <= 0; ) {
            timers.remove();
            guarded(timer::run);
        }
        // Cancelled ones at the front would only wake us for nothing.
        for (Timer timer; (timer = timers.peek()) != null && timer.action == null; ) {
            timers.remove();
        }
    }

    /** The loop serves all masters: one that has a bug in store must not end it for the others. */
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "a task of the mux loop failed", e);
        }
    }

    private static void serve(SelectionKey key) {
        Ready ready = (Ready) key.attachment();
        try {
            ready.ready(key);
        } catch (IOException e) {
            ready.failed(e);
        } catch (RuntimeException | Error e) {
            // Else a bug would look like a master that went away.
            LOG.log(Level.ERROR, "a connection is given up for a failure of ours", e);
            ready.failed(e);
        }
    }
}
