package io.muxpool.stress.fuzz;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** Commands, one after the other in a thread of their own, while ours plays the other side; each ends in time. */
final class Calls {
    private static final Duration HANGS = Duration.ofSeconds(20);

    /** So that a straggler of one encounter is nobody in the next. */
    private static final AtomicLong MARKS = new AtomicLong();

    /** Where commands go. */
    @FunctionalInterface
    interface Way {
        Errand.Done run(Errand errand, String mark) throws Exception;
    }

    private final Way way;
    private final Duration timeout;
    private final Duration latest;
    private volatile boolean done;

    /**
     * Makes none yet.
     *
     * @param timeout of each one's job
     * @param latest how late a call may be after that; then it must have ended, whatever the other side did
     */
    Calls(Way way, Duration timeout, Duration latest) {
        this.way = way;
        this.timeout = timeout;
        this.latest = latest;
    }

    /** Whether all of them have ended. */
    boolean done() {
        return done;
    }

    /**
     * Makes them.
     *
     * @param other what the other side does next; it is done over and over, and waits a little if there is nothing to do
     */
    List<Told> during(List<Errand> errands, Runnable other) throws InterruptedException {
        FutureTask<List<Told>> calls = new FutureTask<>(() -> {
            try {
                List<Told> told = new ArrayList<>();
                for (Errand errand : errands) {
                    told.add(call(errand));
                }
                return told;
            } finally {
                done = true;
            }
        });
        Thread caller = new Thread(calls, "fuzz-caller");
        caller.setDaemon(true);
        caller.start();
        long start = System.nanoTime();
        while (!calls.isDone()) {
            other.run();
            if (System.nanoTime() - start > HANGS.plus(timeout).toNanos()) {
                throw new AssertionError("a call hangs at " + Arrays.toString(caller.getStackTrace()));
            }
        }
        caller.join();
        return result(calls);
    }

    private static List<Told> result(FutureTask<List<Told>> calls) throws InterruptedException {
        try {
            return calls.get(0, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AssertionError ours) {
                throw ours;
            }
            throw new AssertionError("an exception that nothing announces", e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("done, and not done", e);
        }
    }

    private Told call(Errand errand) throws Exception {
        String mark = "m" + MARKS.incrementAndGet() + "k";
        long start = System.nanoTime();
        Told told = Told.by(() -> way.run(errand, mark), mark);
        Duration late = Duration.ofNanos(System.nanoTime() - start).minus(timeout);
        if (late.compareTo(latest) > 0) {
            throw new AssertionError(errand + " ended " + late.toMillis() + " ms after its deadline: " + told.words());
        }
        return told;
    }
}
