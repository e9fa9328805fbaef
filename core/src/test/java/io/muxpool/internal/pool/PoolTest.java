package io.muxpool.internal.pool;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.Connection;
import io.muxpool.ConnectionPool;
import io.muxpool.ConnectionPools;
import io.muxpool.Exit;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.JobCancelledException;
import io.muxpool.JobInterruptedException;
import io.muxpool.JobTimeoutException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.Output;
import io.muxpool.Remote;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A pool's queue and its connections, with commands of this machine: no ssh is needed for any of it. */
@Timeout(120)
class PoolTest {
    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    @Test
    void openingMakesNoConnection() {
        try (ConnectionPool pool = ConnectionPool.open(Remote.local(), "shared")) {
            assertThat(pool).hasToString("pool shared of local: capacity 8, connections 0, free slots 0");
            assertThat(pool.name()).isEqualTo("shared");
            assertThat(pool.remote().isLocal()).isTrue();
        }
    }

    @Test
    void textSaysCapacityConnectionsAndFreeSlots() {
        try (ConnectionPool pool =
                ConnectionPool.builder(Remote.local(), "shared").capacity(2).open()) {
            Connection one = pool.connection();
            assertThat(pool).hasToString("pool shared of local: capacity 2, connections 1, free slots 1");
            Connection two = pool.connection();
            Connection three = pool.connection();
            assertThat(pool).hasToString("pool shared of local: capacity 2, connections 2, free slots 1");
            List.of(one, two, three).forEach(Connection::close);
            assertThat(pool).hasToString("pool shared of local: capacity 2, connections 2, free slots 4");
            pool.close();
            assertThat(pool.toString()).endsWith(", closed");
        }
    }

    @Test
    void waitersAreServedInTheOrderTheyCame() throws Exception {
        int waiters = 10;
        try (ConnectionPool pool = full()) {
            Connection held = pool.connection();
            List<Integer> order = Collections.synchronizedList(new ArrayList<>());
            List<Waiting<Void>> all = new ArrayList<>();
            for (int i = 0; i < waiters; i++) {
                int number = i;
                all.add(Waiting.start(() -> {
                    try (Connection mine = pool.connection()) {
                        assertThat(mine).isNotNull();
                        order.add(number);
                    }
                    return null;
                }));
            }
            held.close();
            try (Connection last = pool.connection()) {
                assertThat(last).isNotNull();
                order.add(waiters);
            }
            for (Waiting<Void> one : all) {
                one.get();
            }
            assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
            assertThat(pool.toString()).contains("connections 1, free slots 1");
        }
    }

    @Test
    void returnedSlotGoesToTheWaiterAndIsNeverFreeInBetween() throws Exception {
        try (ConnectionPool pool = full()) {
            Connection held = pool.connection();
            CountDownLatch done = new CountDownLatch(1);
            Waiting<Void> waiter = Waiting.start(() -> {
                try (Connection mine = pool.connection()) {
                    assertThat(mine).isNotNull();
                    done.await();
                }
                return null;
            });
            held.close();
            // Whether the waiter has woken by now or not.
            assertThat(pool.toString()).contains("free slots 0");
            assertThatThrownBy(() -> pool.connection(Job.withTimeout(Duration.ofMillis(20))))
                    .isInstanceOf(JobTimeoutException.class);
            done.countDown();
            waiter.get();
            assertThat(pool.toString()).contains("free slots 1");
        }
    }

    @Test
    void boundedPoolUsesEverySlotOfEveryConnectionBeforeAnyoneWaits() {
        try (ConnectionPool pool = ConnectionPool.builder(Remote.local(), "bounded")
                .capacity(2)
                .maxConnections(3)
                .open()) {
            List<Connection> all = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                all.add(pool.connection(Job.withTimeout(Duration.ofSeconds(30))));
            }
            assertThat(pool.toString()).contains("connections 3, free slots 0");
            assertThatThrownBy(() -> pool.connection(Job.withTimeout(Duration.ofMillis(20))))
                    .isInstanceOf(JobTimeoutException.class);
            all.forEach(Connection::close);
            assertThat(pool.toString()).contains("connections 3, free slots 6");
        }
    }

    @Test
    void deadlineEndsTheWaitAndTheErrorNamesTheWholeOfIt() {
        try (ConnectionPool pool = full()) {
            Connection held = pool.connection();
            Job job = Job.withTimeout(Duration.ofMillis(300));
            try (ConnectionPool other = ConnectionPool.open(Remote.local(), "other")) {
                // Uses up some of it.
                other.run(Command.of("true"), job);
            }
            JobTimeoutException e = catchThrowableOfType(JobTimeoutException.class, () -> pool.connection(job));
            assertThat(e.timeout()).isEqualTo(Duration.ofMillis(300));
            assertThat(e).hasMessageContainingAll("300ms", "waiting for a free connection", "bounded");
            assertThat(e.commandStarted()).isFalse();
            held.close();
            // Nobody is waiting any more who could have got it.
            assertThat(pool.toString()).contains("free slots 1");
        }
    }

    @Test
    void cancelEndsTheWait() throws Exception {
        try (ConnectionPool pool = full()) {
            Connection held = pool.connection();
            Job job = Job.create();
            Waiting<Connection> waiter = Waiting.start(() -> pool.connection(job));
            job.cancel();
            assertThatThrownBy(waiter::get).isInstanceOf(JobCancelledException.class);
            held.close();
            assertThat(pool.toString()).contains("free slots 1");
        }
    }

    @Test
    void interruptEndsTheWaitAndLeavesTheFlagSet() throws Exception {
        try (ConnectionPool pool = full()) {
            Connection held = pool.connection();
            Waiting<Boolean> waiter = Waiting.start(() -> {
                assertThatThrownBy(pool::connection).isInstanceOf(JobInterruptedException.class);
                return Thread.currentThread().isInterrupted();
            });
            waiter.thread().interrupt();
            assertThat(waiter.get()).isTrue();
            held.close();
            assertThat(pool.toString()).contains("free slots 1");
        }
    }

    @Test
    void waiterThatGaveUpIsPassedOver() throws Exception {
        try (ConnectionPool pool = full()) {
            Connection held = pool.connection();
            Job first = Job.create();
            Waiting<Connection> gaveUp = Waiting.start(() -> pool.connection(first));
            Waiting<Connection> next = Waiting.start(pool::connection);
            first.cancel();
            assertThatThrownBy(gaveUp::get).isInstanceOf(JobCancelledException.class);
            held.close();
            next.get().close();
            assertThat(pool.toString()).contains("free slots 1");
        }
    }

    @Test
    void closeWakesEveryWaiter() throws Exception {
        ConnectionPool pool = full();
        Connection held = pool.connection();
        Waiting<Connection> one = Waiting.start(pool::connection);
        Waiting<Connection> two = Waiting.start(pool::connection);
        pool.close();
        for (Waiting<Connection> waiter : List.of(one, two)) {
            assertThatThrownBy(waiter::get)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
        held.close();
    }

    @Test
    void closedPoolRefusesWork() {
        ConnectionPool pool = ConnectionPool.open(Remote.local(), "shared");
        Connection connection = pool.connection();
        pool.close();
        assertThatThrownBy(pool::connection)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("shared", "closed");
        assertThatThrownBy(() -> pool.run("true")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> connection.run("true")).isInstanceOf(IllegalStateException.class);
        connection.close();
    }

    @Test
    void closingTwiceIsHarmless() {
        ConnectionPool pool = ConnectionPool.open(Remote.local(), "shared");
        pool.run("true").check();
        pool.close();
        assertThatCode(pool::close).doesNotThrowAnyException();
    }

    @Test
    void connectionClosedTwiceReturnsItsSlotOnce() {
        try (ConnectionPool pool =
                ConnectionPool.builder(Remote.local(), "shared").capacity(2).open()) {
            Connection one = pool.connection();
            Connection two = pool.connection();
            one.close();
            one.close();
            assertThat(pool.toString()).contains("connections 1, free slots 1");
            assertThatThrownBy(() -> one.run("true"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
            two.close();
            assertThat(pool.toString()).contains("connections 1, free slots 2");
        }
    }

    @Test
    void connectionClosedByManyThreadsAtOnceReturnsItsSlotOnce() throws Exception {
        int threads = 8;
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try (ConnectionPool pool = ConnectionPool.open(Remote.local(), "shared")) {
            Connection other = pool.connection();
            for (int round = 0; round < 100; round++) {
                Connection connection = pool.connection();
                CyclicBarrier start = new CyclicBarrier(threads);
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    all.add(executor.submit(() -> {
                        start.await();
                        connection.close();
                        return null;
                    }));
                }
                for (Future<?> one : all) {
                    one.get();
                }
                assertThat(pool.toString()).contains("connections 1, free slots 7");
            }
            other.close();
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void connectionClosedAfterItsPoolIsHarmless() {
        ConnectionPool pool = ConnectionPool.open(Remote.local(), "shared");
        Connection connection = pool.connection();
        pool.close();
        assertThatCode(connection::close).doesNotThrowAnyException();
        assertThatCode(connection::close).doesNotThrowAnyException();
    }

    @Test
    void connectionClosedWhileItsCommandRunsReturnsTheSlotWhenTheCommandEnds() throws Exception {
        try (ConnectionPool pool = full();
                Blocker blocker = new Blocker()) {
            Connection connection = pool.connection();
            FutureTask<CommandResult> running = start(() -> connection.run(blocker.command()));
            blocker.awaitRunning();
            connection.close();
            connection.close();
            assertThat(pool.toString()).contains("free slots 0");
            blocker.close();
            assertThat(running.get(30, SECONDS).exit()).isEqualTo(new Exit.Exited(3));
            assertThat(pool.toString()).contains("free slots 1");
            assertThatThrownBy(() -> connection.run("true")).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void commandThatRunsWhenThePoolIsClosedGoesOn() throws Exception {
        try (Blocker blocker = new Blocker()) {
            ConnectionPool pool = full();
            FutureTask<CommandResult> running = start(() -> pool.run(blocker.command()));
            blocker.awaitRunning();
            pool.close();
            assertThat(running.isDone()).isFalse();
            blocker.close();
            assertThat(running.get(30, SECONDS).exit()).isEqualTo(new Exit.Exited(3));
        }
    }

    @Test
    void commandsOfTwoThreadsOnOneConnectionRunOneAfterAnother() throws Exception {
        try (ShortTemp temp = ShortTemp.create();
                ConnectionPool pool = ConnectionPool.open(Remote.local(), "shared");
                Connection connection = pool.connection();
                Blocker blocker = new Blocker()) {
            Path file = temp.resolve("second");
            FutureTask<CommandResult> first = start(() -> connection.run(blocker.command()));
            blocker.awaitRunning();
            Waiting<CommandResult> second = Waiting.start(() -> connection.run("touch", file.toString()));
            assertThat(file).doesNotExist();
            assertThat(first.isDone()).isFalse();
            blocker.close();
            assertThat(first.get(30, SECONDS).exit()).isEqualTo(new Exit.Exited(3));
            second.get().check();
            assertThat(file).exists();
            assertThat(pool.toString()).contains("connections 1, free slots 7");
        }
    }

    @Test
    void deadlineEndsTheWaitForTheSameConnection() throws Exception {
        try (ConnectionPool pool = ConnectionPool.open(Remote.local(), "shared");
                Connection connection = pool.connection();
                Blocker blocker = new Blocker()) {
            FutureTask<CommandResult> first = start(() -> connection.run(blocker.command()));
            blocker.awaitRunning();
            assertThatThrownBy(() -> connection.run(Command.of("true"), Job.withTimeout(Duration.ofMillis(50))))
                    .isInstanceOf(JobTimeoutException.class)
                    .hasMessageContaining("50ms");
            blocker.close();
            assertThat(first.get(30, SECONDS).exit()).isEqualTo(new Exit.Exited(3));
        }
    }

    @Test
    void cancelEndsTheWaitForTheSameConnection() throws Exception {
        try (ConnectionPool pool = ConnectionPool.open(Remote.local(), "shared");
                Connection connection = pool.connection();
                Blocker blocker = new Blocker()) {
            FutureTask<CommandResult> first = start(() -> connection.run(blocker.command()));
            blocker.awaitRunning();
            Job job = Job.create();
            Waiting<CommandResult> second = Waiting.start(() -> connection.run(Command.of("true"), job));
            job.cancel();
            try {
                assertThatThrownBy(() -> second.get(Duration.ofSeconds(30))).isInstanceOf(JobCancelledException.class);
            } finally {
                blocker.close();
                first.get(30, SECONDS);
                second.thread().join();
            }
        }
    }

    @Test
    void slotComesBackHoweverTheCommandEnds() throws Exception {
        try (ConnectionPool pool = full();
                Blocker blocker = new Blocker()) {
            assertThatThrownBy(() -> pool.run("/nonexistent/program"))
                    .isInstanceOf(NotStartedException.class)
                    .hasMessageContaining("/nonexistent/program");
            assertThatThrownBy(() -> pool.run(Command.of("cat").withStdin(Input.stream(new Broken()))))
                    .isInstanceOf(OutcomeUnknownException.class)
                    .hasMessageContaining("broken on purpose");
            assertThatThrownBy(() -> pool.run(Command.of("echo", "x").withStdout(Output.stream(new BrokenSink()))))
                    .isInstanceOf(OutcomeUnknownException.class)
                    .hasMessageContaining("broken on purpose");
            assertThatThrownBy(() -> pool.run(Command.of("sleep", "3600"), Job.withTimeout(Duration.ofMillis(200))))
                    .isInstanceOf(JobTimeoutException.class);
            Job job = Job.create();
            FutureTask<CommandResult> cancelled = start(() -> pool.run(blocker.command(), job));
            blocker.awaitRunning();
            job.cancel();
            assertThatThrownBy(() -> cancelled.get(30, SECONDS)).hasCauseInstanceOf(JobCancelledException.class);
            assertThat(pool.run("sh", "-c", "exit 9").exit()).isEqualTo(new Exit.Exited(9));
            assertThat(pool.toString()).contains("connections 1, free slots 1");
        }
    }

    @Test
    void cancelledOrTimedOutJobTakesNoSlot() {
        try (ConnectionPool pool = ConnectionPool.open(Remote.local(), "shared")) {
            Job cancelled = Job.create();
            cancelled.cancel();
            assertThatThrownBy(() -> pool.connection(cancelled)).isInstanceOf(JobCancelledException.class);
            assertThatThrownBy(() -> pool.connection(Job.withTimeout(Duration.ZERO)))
                    .isInstanceOf(JobTimeoutException.class);
            assertThat(pool.toString()).contains("connections 0");
        }
    }

    @Test
    void dryRunStartsNothing() {
        try (ShortTemp temp = ShortTemp.create();
                ConnectionPool pool = ConnectionPool.open(Remote.local(), "shared")) {
            Path file = temp.resolve("file");
            CommandResult result = pool.run(Command.of("touch", file.toString()).withDryRun(true));
            assertThat(result.exit()).isEqualTo(new Exit.Exited(0));
            assertThat(result.argv()).containsExactly("touch", file.toString());
            assertThat(result.stdout()).isEmpty();
            assertThat(file).doesNotExist();
        }
    }

    @Test
    void hundredThreadsAtOnceGetASlotEach() throws Exception {
        int threads = 100;
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try (ConnectionPool pool = ConnectionPool.open(Remote.local(), "shared")) {
            CyclicBarrier allHold = new CyclicBarrier(threads + 1);
            List<Future<CommandResult>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                String word = "word " + i;
                all.add(executor.submit(() -> {
                    try (Connection connection = pool.connection()) {
                        allHold.await();
                        allHold.await();
                        return connection.run("echo", word);
                    }
                }));
            }
            allHold.await();
            assertThat(pool.toString()).contains("connections 13, free slots 4");
            allHold.await();
            for (int i = 0; i < threads; i++) {
                assertThat(all.get(i).get().check().stdoutText()).isEqualTo("word " + i + "\n");
            }
            assertThat(pool.toString()).contains("connections 13, free slots 104");
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void hundredThreadsShareABoundedPoolWithoutExceedingIt() throws Exception {
        int threads = 100;
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try (ConnectionPool pool = ConnectionPool.builder(Remote.local(), "bounded")
                .capacity(2)
                .maxConnections(2)
                .open()) {
            List<Connection> full = List.of(pool.connection(), pool.connection(), pool.connection(), pool.connection());
            AtomicInteger holding = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                all.add(executor.submit(() -> {
                    for (int round = 0; round < 20; round++) {
                        try (Connection connection = pool.connection()) {
                            assertThat(connection).isNotNull();
                            most.accumulateAndGet(holding.incrementAndGet(), Math::max);
                            holding.decrementAndGet();
                        }
                    }
                    return null;
                }));
            }
            assertThat(most).hasValue(0);
            full.forEach(Connection::close);
            for (Future<?> one : all) {
                one.get();
            }
            assertThat(most.get()).isBetween(1, 4);
            assertThat(pool.toString()).contains("connections 2, free slots 4");
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void poolsOfOneRemoteAreKnownByName() {
        try (ConnectionPools pools = ConnectionPools.open(Remote.local(), Map.of("shared", 8, "dedicated", 1))) {
            assertThat(pools.pool("shared").name()).isEqualTo("shared");
            assertThat(pools.pool("shared")).isSameAs(pools.pool("shared")).isNotSameAs(pools.pool("dedicated"));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pools.pool("other"))
                    .withMessageContainingAll("other", "dedicated", "shared");
            try (Connection connection = pools.pool("dedicated").connection()) {
                assertThat(connection.run("true").exit().success()).isTrue();
                assertThat(pools)
                        .hasToString(
                                "pools of local: [pool dedicated of local: capacity 1, connections 1, free slots 0,"
                                        + " pool shared of local: capacity 8, connections 0, free slots 0]");
            }
            pools.close();
            assertThatThrownBy(() -> pools.pool("shared").connection()).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> pools.pool("dedicated").connection()).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void badOptionsAreRefusedByNameAndValue() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConnectionPool.builder(Remote.local(), "p").capacity(0))
                .withMessageContainingAll("capacity", "0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConnectionPool.builder(Remote.local(), "p").maxConnections(-1))
                .withMessageContainingAll("maxConnections", "-1");
        assertThatIllegalArgumentException().isThrownBy(() -> ConnectionPool.open(Remote.local(), ""));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConnectionPool.open(Remote.local(), "a\nb"))
                .withMessageContaining("a\\x0ab");
        assertThatIllegalArgumentException().isThrownBy(() -> ConnectionPools.open(Remote.local(), Map.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConnectionPools.open(Remote.local(), Map.of("p", 0)))
                .withMessageContaining("capacity");
    }

    @Test
    void persistOfForeverDoesNotOverflow() {
        Remote remote = Remote.builder("u@h")
                .controlPersist(ChronoUnit.FOREVER.getDuration())
                .build();
        assertThatCode(() -> ConnectionPool.open(remote, "shared").close()).doesNotThrowAnyException();
    }

    private static ConnectionPool full() {
        return ConnectionPool.builder(Remote.local(), "bounded")
                .capacity(1)
                .maxConnections(1)
                .open();
    }

    private static <T> FutureTask<T> start(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        new Thread(task, "pool-test").start();
        return task;
    }

    /** A thread that is seen to wait before it is handed out. */
    private record Waiting<T>(FutureTask<T> task, Thread thread) {
        static <T> Waiting<T> start(Callable<T> work) {
            FutureTask<T> task = new FutureTask<>(work);
            Thread thread = new Thread(task, "pool-waiter");
            thread.start();
            // There is no event for somebody having begun to wait, but the thread's own state.
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> thread.getState() == Thread.State.TIMED_WAITING);
            return new Waiting<>(task, thread);
        }

        T get() throws Exception {
            return get(Duration.ofSeconds(30));
        }

        T get(Duration atMost) throws Exception {
            try {
                return task.get(atMost.toNanos(), NANOSECONDS);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            } catch (TimeoutException e) {
                throw new AssertionError("it goes on after " + atMost, e);
            }
        }
    }

    private static final class Broken extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("broken on purpose");
        }
    }

    private static final class BrokenSink extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            throw new IOException("broken on purpose");
        }
    }
}
