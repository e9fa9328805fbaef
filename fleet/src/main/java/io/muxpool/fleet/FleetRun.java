package io.muxpool.fleet;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.Job;
import io.muxpool.JobTimeoutException;
import io.muxpool.LocalLimitException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * One run over the hosts of a fleet. It goes on by itself; its results are taken by iterating, each as its host ends, and
 * there is exactly one for each host. One thread takes them, any thread may look, stop and cancel.
 *
 * <p>Closing it before all is done cancels it: what runs is killed, and awaited.
 */
public final class FleetRun implements Iterable<HostResult>, AutoCloseable {
    private static final Logger LOG = System.getLogger("io.muxpool.fleet");

    private final Carrier carrier;
    private final List<String> hosts;
    private final Function<? super String, Command> commands;
    private final RunPlan plan;
    private final Job job;

    private final BlockingQueue<HostResult> results = new LinkedBlockingQueue<>();
    private final CountDownLatch workers;
    // Only the taker's.
    private int taken;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // All guarded by lock.
    private final Schedule schedule;
    // Hosts that have had a turn and wait for another, since this process had reached a limit of its own.
    private final Deque<Integer> again = new ArrayDeque<>();
    private int working;
    private boolean restSkipped;

    /**
     * How far a run has come.
     *
     * @param hosts all of them
     * @param running where the command runs, or is being killed
     * @param ended where it is over, however it ended
     * @param failed those of the ended whose outcome is anything but exit status 0
     * @param skipped those that will have no turn
     */
    public record Progress(int hosts, int running, int ended, int failed, int skipped) {}

    FleetRun(Carrier carrier, List<String> hosts, Function<? super String, Command> commands, RunPlan plan) {
        this.carrier = carrier;
        this.hosts = hosts;
        this.commands = commands;
        this.plan = plan;
        this.job = plan.timeout().map(Job::withTimeout).orElseGet(Job::create);
        this.schedule = new Schedule(hosts.size(), plan.rollout(), plan.failureLimit());
        this.workers = new CountDownLatch(Math.min(plan.limit(), hosts.size()));
    }

    FleetRun start() {
        long wanted = workers.getCount();
        working = (int) wanted;
        for (long i = 0; i < wanted; i++) {
            try {
                Workers.start(this::work);
            } catch (OutOfMemoryError e) {
                // No more threads to be had: those that there are do it all, if there is one.
                without((int) (wanted - i));
                if (i == 0) {
                    throw e;
                }
                break;
            }
        }
        return this;
    }

    /** Workers that could not be started. */
    private void without(int missing) {
        lock.lock();
        try {
            working -= missing;
        } finally {
            lock.unlock();
        }
        for (int i = 0; i < missing; i++) {
            workers.countDown();
        }
    }

    private void work() {
        try {
            OptionalInt host = take();
            while (host.isPresent() && work(host.getAsInt())) {
                host = take();
            }
        } finally {
            workers.countDown();
        }
    }

    /**
     * Runs the command on one host. When this process has reached a limit of its own (open files, threads), the command has
     * not started: what is kept warm and idle is given back for it; else the run goes on with one host fewer at a time,
     * and the host waits for another turn.
     *
     * @return whether this worker goes on
     */
    private boolean work(int host) {
        Attempt attempt = run(hosts.get(host));
        while (attempt.limitReached) {
            if (carrier.makeRoom()) {
                attempt = run(hosts.get(host));
            } else if (leave(host)) {
                return false;
            } else {
                break;
            }
        }
        end(attempt.result);
        return true;
    }

    /** Whether this worker ends, and leaves its host to the others; false for the last one. */
    private boolean leave(int host) {
        lock.lock();
        try {
            if (working <= 1 || schedule.stopped() != null) {
                return false;
            }
            working--;
            again.addLast(host);
            changed.signalAll();
            LOG.log(
                    Level.WARNING,
                    "{0} waits for another turn, since this process has reached a limit: now {1} hosts at a time",
                    hosts.get(host),
                    working);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The next host; empty when this worker is to end. */
    private OptionalInt take() {
        lock.lock();
        try {
            while (true) {
                if (job.remainingNanos() == 0) {
                    stopLocked("the time of the run is over");
                }
                if (!again.isEmpty()) {
                    int host = again.removeFirst();
                    String stopped = schedule.stopped();
                    if (stopped == null) {
                        return OptionalInt.of(host);
                    }
                    end(HostResult.skipped(hosts.get(host), stopped));
                    continue;
                }
                switch (schedule.turn()) {
                    case GO -> {
                        return OptionalInt.of(schedule.start());
                    }
                    case WAIT -> changed.awaitUninterruptibly();
                    case OVER -> {
                        skipRest();
                        // Here, so that nobody leaves a host to a worker that is about to end.
                        working--;
                        return OptionalInt.empty();
                    }
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** @param limitReached whether the command has not started because of a limit of this process */
    private record Attempt(HostResult result, boolean limitReached) {}

    private Attempt run(String host) {
        long start = System.nanoTime();
        try {
            Job own = jobOfHost();
            try (Job.Registration cancel = job.onCancel(own::cancel)) {
                Command command = commands.apply(host);
                CommandResult result = plan.retry().call(host, own, retry -> carrier.run(host, command, own));
                return new Attempt(HostResult.of(host, result, since(start)), false);
            }
        } catch (JobTimeoutException e) {
            // What a host had left of the time of the run is nothing that anybody asked for.
            Optional<Duration> ofRun = plan.timeout().filter(time -> job.remainingNanos() == 0);
            RuntimeException failure = ofRun.<RuntimeException>map(
                            time -> new JobTimeoutException(time, "the run went on", e.ending(), e.partialOutput()))
                    .orElse(e);
            return new Attempt(HostResult.of(host, failure, since(start)), false);
        } catch (RuntimeException | Error e) {
            // Whatever it is: a host without a result would be waited for, for ever.
            return new Attempt(HostResult.of(host, e, since(start)), e instanceof LocalLimitException);
        }
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Ends with the whole run, or before. */
    private Job jobOfHost() {
        Optional<Duration> left = job.remaining();
        Optional<Duration> time = plan.hostTimeout();
        if (left.isPresent() && (time.isEmpty() || left.get().compareTo(time.get()) < 0)) {
            time = left;
        }
        return time.map(Job::withTimeout).orElseGet(Job::create);
    }

    private void end(HostResult result) {
        lock.lock();
        try {
            results.add(result);
            schedule.end(result.success());
            if (schedule.stopped() != null) {
                skipRest();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What has no turn any more has a result all the same. */
    private void skipRest() {
        String why = schedule.stopped();
        if (why != null && !restSkipped) {
            restSkipped = true;
            hosts.subList(schedule.started(), hosts.size()).forEach(host -> results.add(HostResult.skipped(host, why)));
        }
    }

    private void stopLocked(String why) {
        schedule.stop(why);
        skipRest();
        changed.signalAll();
    }

    /**
     * Starts the command on no more hosts; what runs goes on to its end. Returns at once.
     *
     * @param why as a clause, for the results of the hosts that have no turn
     */
    public void stop(String why) {
        lock.lock();
        try {
            stopLocked(why);
        } finally {
            lock.unlock();
        }
    }

    /** Starts no more, and kills what runs. Returns at once; the results say what became of each. */
    public void cancel() {
        stop("the run was cancelled");
        job.cancel();
    }

    /** How far it has come, now. */
    public Progress progress() {
        lock.lock();
        try {
            int skipped = schedule.stopped() == null ? 0 : hosts.size() - schedule.started();
            return new Progress(hosts.size(), schedule.running(), schedule.ended(), schedule.failed(), skipped);
        } finally {
            lock.unlock();
        }
    }

    /** Why it starts no more; empty while it does, and when every host had its turn. */
    public Optional<String> stopped() {
        lock.lock();
        try {
            return Optional.ofNullable(schedule.stopped()).filter(why -> schedule.started() < hosts.size());
        } finally {
            lock.unlock();
        }
    }

    /** The hosts, in the order of their turns. */
    public List<String> hosts() {
        return hosts;
    }

    /**
     * The results that were not taken yet, each as it comes. {@link Iterator#next()} blocks until another host has ended.
     *
     * @throws io.muxpool.JobInterruptedException by {@code next()} when its thread is interrupted; the run goes on
     */
    @Override
    public Iterator<HostResult> iterator() {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return taken < hosts.size();
            }

            @Override
            public HostResult next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                HostResult result = await();
                taken++;
                return result;
            }
        };
    }

    private HostResult await() {
        try {
            return results.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            Job.create().check("waiting for the next host of a run");
            throw new AssertionError("interrupted, yet the job says it was not", e);
        }
    }

    /** {@link #iterator()} as a stream. */
    public Stream<HostResult> stream() {
        return StreamSupport.stream(spliterator(), false);
    }

    /** Cancels what is not done, and waits until nothing of it is under way, whatever the interrupt flag says. */
    @Override
    public void close() {
        cancel();
        boolean interrupted = false;
        while (true) {
            try {
                workers.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
