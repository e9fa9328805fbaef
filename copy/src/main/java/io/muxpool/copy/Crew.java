package io.muxpool.copy;

import io.muxpool.ConnectionPool;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Job;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one copy, and the lanes they carry a file on.
 *
 * <p>One lane begins. A channel has no more under way than its window, so it cannot be faster than a window for each round
 * trip; when it comes near that, the window is the limit, and the others are let in. They are opened ahead of that where
 * the round trip is long enough for it.
 *
 * <p>On a busy machine a wait for the processor passes for a long round trip, and many lanes then make the masters copy
 * their buffers and nothing else. So each channel asks for the round trip once more, and the shortest counts; where that
 * is still in doubt, one more lane goes ahead of the others; and lanes that bring nothing go back.
 */
final class Crew implements AutoCloseable {
    private static final Logger LOG = System.getLogger("io.muxpool.copy");
    private static final AtomicInteger NUMBER = new AtomicInteger();

    // No file goes faster through one master: a window that allows this is no limit.
    private static final double FAST_ENOUGH = 500e6;
    // A session is for the checksum.
    private static final int ONE_CONNECTION = ConnectionPool.DEFAULT_CAPACITY - 1;
    // Windows that a lane on another connection has to carry at least.
    private static final int FAR = 4;
    private static final int LOOKS = 8;
    private static final long LEAST_SPELL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    // Shorter ones may be a busy machine's.
    private static final long DOUBTFUL_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
    private static final long PATIENCE_SECONDS = 10;
    private static final long TO_BREAK_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long GLANCE_MILLIS = 5;

    /** Opens the file once more, on a channel of its own. */
    interface Opener {
        Lane lane(Sftp channel) throws IOException;
    }

    private final ConnectionPool pool;
    private final Job job;
    private final ProgressListener listener;
    private final ExecutorService threads = Executors.newCachedThreadPool(Crew::thread);
    private final Queue<Sftp> channels = new ConcurrentLinkedQueue<>();
    private final Queue<Future<Sftp>> ahead = new ConcurrentLinkedQueue<>();
    private final AtomicInteger carrying = new AtomicInteger();
    private final AtomicLong roundTripNanos = new AtomicLong(Long.MAX_VALUE);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // All guarded by lock.
    private int allowed = 1;
    private long allowedAt;
    private boolean over;
    private @Nullable Exception failure;

    Crew(ConnectionPool pool, Job job, ProgressListener listener) {
        this.pool = pool;
        this.job = job;
        this.listener = listener;
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "muxpool-copy-" + NUMBER.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }

    ExecutorService threads() {
        return threads;
    }

    /** One more channel, which ends with this. */
    Sftp open() {
        Sftp channel = Sftp.open(pool, job);
        channels.add(channel);
        return channel;
    }

    /**
     * Opens channels for later lanes, before it is known what they are to carry: it takes several round trips. Only where a
     * window is a limit.
     *
     * @param roundTripNanos of the first channel
     */
    void prepare(long bytes, int most, long roundTripNanos) {
        for (int i = lanes(bytes, most, roundTripNanos); i > 1; i--) {
            ahead.add(threads.submit(this::open));
        }
    }

    /** Lets go of those channels: whoever waits for a session of the pool would be in the way of others. */
    void dropPrepared() {
        for (Future<Sftp> one = ahead.poll(); one != null; one = ahead.poll()) {
            if (!one.cancel(true)) {
                try {
                    Trip.result(one).close();
                } catch (Exception e) {
                    LOG.log(Level.DEBUG, "a channel opened ahead is of no use", e);
                }
            }
        }
    }

    private static int lanes(long bytes, int most, long roundTripNanos) {
        if (laneRate(roundTripNanos) > FAST_ENOUGH) {
            return 1;
        }
        double windows = (double) bytes / Flow.WINDOW;
        // Beyond one connection's only where each has enough to do: another one is a login, and stays.
        double useful = Math.max(Math.min(windows, ONE_CONNECTION), windows / FAR);
        return (int) Math.max(1, Math.min(most, Math.ceil(useful)));
    }

    private static double laneRate(long roundTripNanos) {
        return Flow.WINDOW * 1e9 / Math.max(1, roundTripNanos);
    }

    /**
     * Carries all runs, in threads of its own.
     *
     * @param most lanes at once
     * @return how many channels carried runs
     * @throws Exception what failed first, or that the job has ended: why is for the caller to ask
     */
    int carry(Runs runs, long size, int most, Lane first, long roundTripNanos, Opener opener) throws Exception {
        tookRoundTrip(roundTripNanos);
        int lanes = lanes(size - runs.bytes(), most, roundTripNanos);
        List<Future<?>> later = new ArrayList<>();
        try (Job.Registration cancel = job.onCancel(this::wake)) {
            threads.execute(() -> attempt(() -> work(first, runs, lanes, 0)));
            for (int i = 1; i < lanes; i++) {
                int index = i;
                long behind = first.isStaggered() ? i * roundTripNanos / lanes : 0;
                later.add(threads.submit(() -> follow(runs, lanes, opener, index, behind)));
            }
            watch(runs, size, lanes);
        } finally {
            runs.stop();
            end();
            // Whoever still waits for a session of the pool would only be in the way of others.
            later.forEach(lane -> lane.cancel(true));
            dropPrepared();
        }
        if (!runs.haveAll()) {
            throw new IOException("the job has ended");
        }
        return carrying.get();
    }

    private void tookRoundTrip(long nanos) {
        roundTripNanos.accumulateAndGet(nanos, Math::min);
    }

    private void work(Lane lane, Runs runs, int lanes, int index) throws IOException {
        lane.carry(() -> isAllowed(index) ? runs.take() : null, runs::arrived, lanes, carrying::incrementAndGet);
        wake();
    }

    private boolean isAllowed(int index) {
        lock.lock();
        try {
            return index < allowed;
        } finally {
            lock.unlock();
        }
    }

    /** One of the later lanes: without it the copy is slower, and no more. */
    private void follow(Runs runs, int lanes, Opener opener, int index, long behindNanos) {
        Sftp channel;
        @Nullable Future<Sftp> opened = ahead.poll();
        try {
            channel = opened == null ? open() : Trip.result(opened);
        } catch (Exception e) {
            if (opened != null) {
                opened.cancel(true);
            }
            LOG.log(Level.DEBUG, "a copy goes on with fewer channels", e);
            return;
        }
        // Also one that never carried: where sessions are few, the checksum waits for it.
        try (channel) {
            tookRoundTrip(channel.measureRoundTrip());
            Lane lane = opener.lane(channel);
            attempt(() -> {
                if (awaitTurn(index, behindNanos)) {
                    work(lane, runs, lanes, index);
                }
            });
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.DEBUG, "a copy goes on with fewer channels", e);
        }
    }

    private interface Attempt {
        void run() throws Exception;
    }

    private void attempt(Attempt attempt) {
        try {
            attempt.run();
        } catch (Exception | Error e) {
            Exception why = e instanceof Exception x ? x : new IOException("a lane failed: " + e, e);
            lock.lock();
            try {
                failure = failure == null ? why : failure;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private boolean awaitTurn(int index, long behindNanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (index >= allowed && !over) {
                changed.await();
            }
            while (!over && System.nanoTime() - allowedAt < behindNanos) {
                changed.awaitNanos(behindNanos - (System.nanoTime() - allowedAt));
            }
            return !over;
        } finally {
            lock.unlock();
        }
    }

    /** In the caller's thread: tells how far it is, and lets lanes in and back, until there is no more to be done. */
    private void watch(Runs runs, long size, int lanes) throws Exception {
        Pace pace = new Pace(lanes, runs.bytes(), System.nanoTime());
        long told = System.nanoTime();
        while (!runs.haveAll() && job.remainingNanos() > 0 && !job.isCancelled()) {
            long roundTrip = roundTripNanos.get();
            long spell = Math.max(roundTrip, LEAST_SPELL_NANOS);
            await(Math.min(spell / LOOKS, job.remainingNanos()));
            long now = System.nanoTime();
            long bytes = runs.bytes();
            boolean doubtful = roundTrip < DOUBTFUL_NANOS;
            allow(pace.lanes(bytes, now, carrying.get(), laneRate(roundTrip), spell, doubtful));
            if (now - told >= spell) {
                listener.progress(bytes, size);
                told = now;
            }
        }
    }

    private void allow(int lanes) {
        lock.lock();
        try {
            if (allowed != lanes) {
                allowed = lanes;
                allowedAt = System.nanoTime();
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("WaitNotInLoop") // Woken for nothing, the caller looks once more and waits again.
    private void await(long nanos) throws Exception {
        lock.lockInterruptibly();
        try {
            if (failure == null) {
                changed.awaitNanos(nanos);
            }
            if (failure != null) {
                throw failure;
            }
        } finally {
            lock.unlock();
        }
    }

    private void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        lock.lock();
        try {
            over = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How the process behind a channel that broke has ended; empty when it was the connection that ended. */
    Optional<Exit> ended() throws InterruptedException {
        long since = System.nanoTime();
        // Whoever waited for an answer is told of the end before it is to be seen.
        while (System.nanoTime() - since < TO_BREAK_NANOS) {
            for (Sftp channel : channels) {
                if (channel.isBroken(GLANCE_MILLIS)) {
                    return channel.ended();
                }
            }
            if (channels.isEmpty()) {
                break;
            }
        }
        return Optional.empty();
    }

    /** What became of the processes behind the channels, if there are any: they are made to end. Blocks for moments. */
    Ending ending() throws InterruptedException {
        if (channels.isEmpty()) {
            return Ending.notStarted();
        }
        for (Sftp channel : channels) {
            Ending ending = channel.end();
            if (ending.fate() != Ending.Fate.CONFIRMED_DEAD) {
                return ending;
            }
        }
        return Ending.confirmedDead();
    }

    /** Ends threads and channels. An interrupt does not hurry it: nothing of this copy runs on behind its caller's back. */
    @Override
    public void close() {
        end();
        threads.shutdownNow();
        channels.forEach(Sftp::close);
        boolean interrupted = Thread.interrupted();
        try {
            if (!threads.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                LOG.log(Level.WARNING, "a thread of a copy does not end");
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        channels.forEach(Sftp::close);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
