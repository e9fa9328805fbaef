package io.muxpool.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Filter;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who closes a pool waits for the connections that it gave up; nobody else does. */
@Timeout(120)
class DeparturesTest {
    private final Departures departures = new Departures();

    /** A thread that is seen to wait. */
    private Thread waiting() {
        Thread thread = new Thread(departures::await, "departures-test");
        thread.start();
        // There is no event for somebody having begun to wait, but the thread's own state.
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> thread.getState() == Thread.State.WAITING);
        return thread;
    }

    @Test
    void waitIsOverAtOnceWhenNoneIsUnderWay() {
        departures.await();
        departures.announce();
        departures.begin("one", () -> {});
        departures.await();
        departures.await();
    }

    @Test
    void waitLastsUntilTheLastOneThatWasAnnouncedHasEnded() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);
        List<String> done = Collections.synchronizedList(new ArrayList<>());
        departures.announce();
        departures.announce();
        departures.begin("first", () -> awaitThenAdd(first, "first", done));
        Thread one = waiting();
        Thread other = waiting();
        first.countDown();
        departures.begin("second", () -> awaitThenAdd(second, "second", done));
        await().until(() -> done.contains("first"));
        Thread late = waiting();
        assertThat(one.isAlive() && other.isAlive()).isTrue();
        second.countDown();
        for (Thread thread : List.of(one, other, late)) {
            thread.join(TimeUnit.SECONDS.toMillis(30));
            assertThat(thread.isAlive()).isFalse();
        }
        assertThat(done).containsExactly("first", "second");
    }

    private static void awaitThenAdd(CountDownLatch latch, String word, List<String> done) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        done.add(word);
    }

    @Test
    void failureOfOneIsLoggedAndEndsItAllTheSame() {
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        Logger log = Logger.getLogger("io.muxpool.pool");
        Filter before = log.getFilter();
        log.setFilter(entry -> {
            lines.add(entry.getLevel() + " " + entry.getMessage());
            return false;
        });
        try {
            departures.announce();
            departures.begin("connection", () -> {
                throw new IllegalStateException("on purpose");
            });
            departures.await();
        } finally {
            log.setFilter(before);
        }
        assertThat(lines).containsExactly("WARNING shutting down the connection failed");
    }

    @Test
    void interruptDoesNotEndTheWaitAndIsLeftForTheCaller() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        List<String> done = Collections.synchronizedList(new ArrayList<>());
        departures.announce();
        departures.begin("one", () -> awaitThenAdd(gate, "one", done));
        List<Boolean> interrupted = Collections.synchronizedList(new ArrayList<>());
        Thread thread = new Thread(
                () -> {
                    Thread.currentThread().interrupt();
                    departures.await();
                    interrupted.add(Thread.interrupted());
                    interrupted.add(done.contains("one"));
                },
                "departures-test");
        thread.start();
        gate.countDown();
        thread.join(TimeUnit.SECONDS.toMillis(30));
        assertThat(interrupted).containsExactly(true, true);
    }
}
