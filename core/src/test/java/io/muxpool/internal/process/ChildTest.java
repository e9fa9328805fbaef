package io.muxpool.internal.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.muxpool.Command;
import io.muxpool.Ending;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.JobCancelledException;
import io.muxpool.JobInterruptedException;
import io.muxpool.JobTimeoutException;
import io.muxpool.OtherJvm;
import io.muxpool.Output;
import io.muxpool.internal.stream.StreamFailedException;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.ShortTemp;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class ChildTest {
    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private final ShortTemp temp = ShortTemp.create();

    /** Stands on the command line of what has to die, so that it is found wherever it is. */
    private final String mark = temp.path().getFileName().toString();

    /** The last line of a shell that is to go on for ever. It forks nothing: there is no moment between two states. */
    private final String forever = "exec tail -f " + quietFile();

    @AfterEach
    void endWhatSurvivedAndDeleteDirectory() {
        for (long pid : Processes.withArgument(mark)) {
            Processes.signal(pid, "KILL");
        }
        temp.close();
    }

    @Test
    void endHasStatusAndBothOutputsApart() throws Exception {
        Child.Ended ended = run(Command.shell("echo out; echo err >&2; exit 7"));
        assertThat(ended.status()).isEqualTo(7);
        assertThat(ended.stdout().bytes()).asString(UTF_8).isEqualTo("out\n");
        assertThat(ended.stderr().bytes()).asString(UTF_8).isEqualTo("err\n");
        assertThat(ended.stdout().truncated()).isFalse();
    }

    @Test
    void deathByASignalIs128AndItsNumber() throws Exception {
        assertThat(run(Command.shell("kill -KILL $$")).status()).isEqualTo(137);
    }

    @Test
    void programThatIsNotThereIsAnIoException() {
        assertThatThrownBy(() -> run(Command.of("/nonexistent/program"))).isInstanceOf(IOException.class);
    }

    @Test
    void noInputIsAnEndOfFileAtOnce() throws Exception {
        assertThat(run(Command.of("cat")).stdout().bytes()).isEmpty();
    }

    @Test
    void filesAreReadAndWrittenByTheChildItself() throws Exception {
        Path in = Files.writeString(temp.resolve("in"), "input\n");
        Path out = Files.writeString(temp.resolve("out"), "what was there before\n");
        Path err = Files.writeString(temp.resolve("err"), "first\n");
        Child.Ended ended = run(Command.shell("cat; echo second >&2")
                .withStdin(Input.file(in))
                .withStdout(Output.file(out))
                .withStderr(Output.appendTo(err)));
        assertThat(ended.status()).isZero();
        assertThat(Files.readString(out)).isEqualTo("input\n");
        assertThat(Files.readString(err)).isEqualTo("first\nsecond\n");
        assertThat(ended.stdout().bytes()).isEmpty();
    }

    @Test
    void discardedOutputIsGoneAndHoldsNobodyUp() throws Exception {
        Child.Ended ended = run(Command.shell("head -c 5000000 /dev/zero; echo err >&2")
                .withStdout(Output.discard())
                .withStderr(Output.discard()));
        assertThat(ended.status()).isZero();
        assertThat(ended.stdout().bytes()).isEmpty();
        assertThat(ended.stdout().truncated()).isFalse();
    }

    @Test
    void fiveMegabytesGoThroughCatUnchanged() throws Exception {
        byte[] bytes = randomBytes();
        assertThat(run(Command.of("cat").withStdin(Input.bytes(bytes))).stdout().bytes())
                .isEqualTo(bytes);
    }

    @Test
    void fiveMegabytesGoFromStreamToStreamUnchangedAndTheStreamsStayOpen() throws Exception {
        byte[] bytes = randomBytes();
        AtomicBoolean closed = new AtomicBoolean();
        InputStream source = new ByteArrayInputStream(bytes) {
            @Override
            public void close() {
                closed.set(true);
            }
        };
        ByteArrayOutputStream sink = new ByteArrayOutputStream() {
            @Override
            public void close() {
                closed.set(true);
            }
        };
        run(Command.of("cat").withStdin(Input.stream(source)).withStdout(Output.stream(sink)));
        assertThat(sink.toByteArray()).isEqualTo(bytes);
        assertThat(closed).isFalse();
    }

    @Test
    void bothOutputsAtOnceDoNotBlockEachOther() throws Exception {
        Child.Ended ended = run(Command.shell("head -c 3000000 /dev/zero >&2; head -c 3000000 /dev/zero; echo x >&2"));
        assertThat(ended.stdout().bytes()).hasSize(3_000_000);
        assertThat(ended.stderr().bytes()).hasSize(3_000_002);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1023, 1024, 1025, 99_999})
    void captureKeepsTheFirstBytesUpToItsLimitAndSaysThereWasMore(int limit) throws Exception {
        Child.Ended ended = run(Command.shell("yes 123456789 | head -n 10000").withStdout(Output.capture(limit)));
        assertThat(ended.status()).isZero();
        assertThat(ended.stdout().bytes())
                .asString(UTF_8)
                .isEqualTo("123456789\n".repeat(10_000).substring(0, limit));
        assertThat(ended.stdout().truncated()).isTrue();
    }

    @Test
    void outputOfExactlyTheLimitIsNotTruncated() throws Exception {
        Child.Ended ended = run(Command.of("printf", "12345").withStdout(Output.capture(5)));
        assertThat(ended.stdout().bytes()).asString(UTF_8).isEqualTo("12345");
        assertThat(ended.stdout().truncated()).isFalse();
    }

    @Test
    void twoHundredMegabytesWithALimitOfOneNeedNoHeapForMore() {
        try (OtherJvm small = OtherJvm.start(BigOutput.class, List.of("-Xmx48m"), "200000000")) {
            assertThat(small.line()).isEqualTo("0 " + BigOutput.KEPT + " true true");
            assertThat(small.finish()).isZero();
        }
    }

    @Test
    void childThatReadsOnlyTheStartOfAHugeInputEndsAsItWants() throws Exception {
        Child.Ended ended = run(Command.of("head", "-c", "1").withStdin(Input.bytes(new byte[64 << 20])));
        assertThat(ended.status()).isZero();
        assertThat(ended.stdout().bytes()).hasSize(1);
        assertThat(run(Command.of("true").withStdin(Input.bytes(new byte[1 << 20])))
                        .status())
                .isZero();
    }

    @Test
    void childThatReadsOnlyTheStartOfAnEndlessInputEndsAsItWants() throws Exception {
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 'x';
            }

            @Override
            public int read(byte[] b, int off, int len) {
                return len;
            }
        };
        assertThat(run(Command.of("head", "-c", "100000").withStdin(Input.stream(endless)))
                        .stdout()
                        .bytes())
                .hasSize(100_000);
    }

    @Test
    void inputThatBlocksDoesNotHoldTheEndBack() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try {
            assertThat(run(Command.shell("exit 4").withStdin(Input.stream(new Blocked(release))))
                            .status())
                    .isEqualTo(4);
        } finally {
            release.countDown();
        }
    }

    @Test
    void inputThatThrowsKillsTheChildAndIsTheCause() throws IOException {
        IOException checked = new IOException("broken on purpose");
        IllegalStateException unchecked = new IllegalStateException("broken on purpose");
        AssertionError error = new AssertionError("broken on purpose");
        for (Throwable cause : List.of(checked, unchecked, error)) {
            CountDownLatch read = new CountDownLatch(1);
            Command command = script(
                            "while read -r line; do echo $line; echo read >&2; done; echo end of file; " + forever)
                    .withStdin(Input.stream(new Broken(cause, read)))
                    .withStderr(Output.stream(new Signal(read)));
            StreamFailedException e = catchThrowableOfType(StreamFailedException.class, () -> run(command));
            assertThat(e).hasMessageContaining("broken on purpose").hasRootCause(cause);
            // Half of the input must not look like all of it.
            assertThat("x\n").startsWith(e.partialOutput().stdoutText());
        }
        assertNoneLives();
    }

    @Test
    void failureOfTheInputSaysHowMuchOfItWasGiven() throws IOException {
        CountDownLatch read = new CountDownLatch(1);
        read.countDown();
        Command command = script(forever).withStdin(Input.stream(new Broken(new IOException("broken"), read)));
        assertThatThrownBy(() -> run(command))
                .isInstanceOf(StreamFailedException.class)
                .hasMessageContainingAll("standard input", "after 2 bytes");
    }

    @Test
    void sinkThatThrowsKillsTheChildAndIsTheCause() throws IOException {
        IOException cause = new IOException("broken on purpose");
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw cause;
            }
        };
        Command toStdout = script("echo x; " + forever).withStdout(Output.stream(broken));
        StreamFailedException out = catchThrowableOfType(StreamFailedException.class, () -> run(toStdout));
        assertThat(out)
                .hasMessageContainingAll("standard output", "broken on purpose")
                .hasRootCause(cause);
        Command toStderr = script("echo kept; echo x >&2; " + forever).withStderr(Output.stream(broken));
        StreamFailedException err = catchThrowableOfType(StreamFailedException.class, () -> run(toStderr));
        assertThat(err)
                .hasMessageContainingAll("standard error", "broken on purpose")
                .hasRootCause(cause);
        assertNoneLives();
    }

    @Test
    void sinkThatThrowsWhenFlushedIsAFailureToo() {
        OutputStream broken = new ByteArrayOutputStream() {
            @Override
            public void flush() throws IOException {
                throw new IOException("broken on purpose");
            }
        };
        assertThatThrownBy(() -> run(Command.of("echo", "x").withStdout(Output.stream(broken))))
                .isInstanceOf(StreamFailedException.class)
                .hasMessageContaining("broken on purpose");
    }

    @Test
    void timeoutKillsTheWholeTreeAndKeepsWhatWasWritten() throws IOException {
        // What ignores TERM leaves it ignored in its children.
        Path grandchild = Files.writeString(temp.resolve("grandchild"), "echo grand >&2; " + forever + "\n");
        Command command = script("trap '' TERM; sh " + grandchild + " & echo partial; wait");
        long start = System.nanoTime();
        JobTimeoutException e = catchThrowableOfType(
                JobTimeoutException.class, () -> run(command, Job.withTimeout(Duration.ofSeconds(2))));
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        assertThat(e.timeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(e).hasMessageContainingAll("2s", "testing");
        assertThat(e.ending()).isEqualTo(Ending.confirmedDead());
        assertThat(e.partialOutput().stdoutText()).isEqualTo("partial\n");
        assertThat(e.partialOutput().stderrText()).isEqualTo("grand\n");
        // The timeout, the grace and the reaping, on a slow machine.
        assertThat(elapsed).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(20));
        assertNoneLives();
    }

    @Test
    void childThatCleansUpOnTermHasSomeTimeToDoSo() throws Exception {
        Path file = temp.resolve("cleaned-up");
        Command command =
                script("trap 'echo done > " + file + "; exit 0' TERM; echo ready; while read -r line; do :; done");
        // The time is short: on a busy machine it may take more than one try.
        for (int i = 0; i < 20 && !Files.exists(file); i++) {
            CountDownLatch ready = new CountDownLatch(1);
            CountDownLatch over = new CountDownLatch(1);
            Job job = Job.create();
            FutureTask<Child.Ended> running = start(command.withStdin(Input.stream(new Blocked(over))), ready, job);
            await(ready);
            job.cancel();
            assertThatThrownBy(() -> running.get(30, SECONDS)).hasCauseInstanceOf(JobCancelledException.class);
            over.countDown();
        }
        assertThat(file).hasContent("done");
        assertNoneLives();
    }

    @Test
    void whatASurvivorOfTermForksInItsGraceIsKilledToo() throws Exception {
        // The outer shell dies of TERM. The inner one survives it and starts a child that no snapshot has seen.
        Path leaf = Files.writeString(temp.resolve("leaf"), "echo ready; " + forever + "\n");
        Path survivor = Files.writeString(temp.resolve("survivor"), "trap : TERM; while :; do sh " + leaf + "; done\n");
        for (int i = 0; i < 5; i++) {
            CountDownLatch ready = new CountDownLatch(1);
            Job job = Job.create();
            FutureTask<Child.Ended> running = start(script("sh " + survivor + " & wait"), ready, job);
            await(ready);
            job.cancel();
            assertThatThrownBy(() -> running.get(30, SECONDS)).hasCauseInstanceOf(JobCancelledException.class);
        }
        assertNoneLives();
    }

    @Test
    void treeThatGrowsWhileItIsKilledLeavesNobody() throws Exception {
        Path leaf = Files.writeString(temp.resolve("leaf"), forever + "\n");
        Command command = script("echo ready; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sh "
                + leaf + " & done; wait");
        for (int i = 0; i < 6; i++) {
            CountDownLatch ready = new CountDownLatch(1);
            Job job = Job.create();
            FutureTask<Child.Ended> running = start(command, ready, job);
            await(ready);
            job.cancel();
            assertThatThrownBy(() -> running.get(30, SECONDS)).hasCauseInstanceOf(JobCancelledException.class);
        }
        assertNoneLives();
    }

    @Test
    void oneCancelEndsAllChildrenOfAJob() throws Exception {
        int children = 8;
        CountDownLatch ready = new CountDownLatch(children);
        Job job = Job.create();
        List<FutureTask<Child.Ended>> all = new ArrayList<>();
        for (int i = 0; i < children; i++) {
            all.add(start(script("echo r; " + forever), ready, job));
        }
        await(ready);
        job.cancel();
        for (FutureTask<Child.Ended> one : all) {
            assertThatThrownBy(() -> one.get(30, SECONDS))
                    .cause()
                    .isInstanceOfSatisfying(
                            JobCancelledException.class,
                            e -> assertThat(e.commandStarted()).isTrue());
        }
        assertNoneLives();
    }

    @Test
    void cancelledJobStartsNothing() {
        Job job = Job.create();
        job.cancel();
        Path file = temp.resolve("file");
        JobCancelledException e =
                catchThrowableOfType(JobCancelledException.class, () -> run(Command.of("touch", file.toString()), job));
        assertThat(e.commandStarted()).isFalse();
        assertThat(file).doesNotExist();
    }

    @Test
    void cancelThatRacesWithTheStartLeavesNoChild() throws Exception {
        Random random = new Random(3);
        ExecutorService canceller = Executors.newSingleThreadExecutor();
        int started = 0;
        try {
            for (int i = 0; i < 200; i++) {
                // A cancel that is missed shows as this timeout.
                Job job = Job.withTimeout(Duration.ofSeconds(20));
                CyclicBarrier together = new CyclicBarrier(2);
                long delay = random.nextInt(2_500_000);
                Future<?> cancel = canceller.submit(() -> {
                    together.await();
                    // Which moment it is shall be chance: before, in and after the start of the process.
                    LockSupport.parkNanos(delay);
                    job.cancel();
                    return null;
                });
                together.await();
                JobCancelledException e = catchThrowableOfType(
                        JobCancelledException.class,
                        () -> run(Command.of("tail", "-f", quietFile().toString()), job));
                started += e.commandStarted() ? 1 : 0;
                cancel.get();
            }
        } finally {
            canceller.shutdownNow();
        }
        assertNoneLives();
        assertThat(started).as("children that were started before the cancel").isPositive();
    }

    @Test
    void interruptKillsTheTreeAndLeavesTheFlagSet() throws Exception {
        CountDownLatch ready = new CountDownLatch(1);
        Path leaf = Files.writeString(temp.resolve("leaf"), "echo ready; " + forever + "\n");
        Command command = script("sh " + leaf + " & wait").withStdout(Output.stream(new Signal(ready)));
        FutureTask<Boolean> running = new FutureTask<>(() -> {
            JobInterruptedException e = catchThrowableOfType(JobInterruptedException.class, () -> run(command));
            assertThat(e.commandStarted()).isTrue();
            return Thread.currentThread().isInterrupted();
        });
        Thread thread = new Thread(running, "child-test");
        thread.start();
        await(ready);
        thread.interrupt();
        assertThat(running.get(30, SECONDS)).isTrue();
        assertNoneLives();
    }

    @Test
    void interruptedThreadStartsNothing() {
        Path file = temp.resolve("file");
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> run(Command.of("touch", file.toString())))
                    .isInstanceOf(JobInterruptedException.class);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void childThatOnlyPreparesIsNoStartedCommand() throws IOException {
        Command command = script(forever);
        JobTimeoutException e = catchThrowableOfType(
                JobTimeoutException.class,
                () -> Child.run(
                        new ProcessBuilder(command.argv()),
                        command,
                        Job.withTimeout(Duration.ofMillis(200)),
                        "preparing",
                        Child.Role.PREPARATION));
        assertThat(e.commandStarted()).isFalse();
        assertThat(e).hasMessageContaining("preparing");
        assertNoneLives();
    }

    @Test
    void whatAPreparationSaysIsNoOutputOfTheCommandThatNeverStarted() throws IOException {
        Command command = script("echo prepared; " + forever);
        JobTimeoutException e = catchThrowableOfType(
                JobTimeoutException.class,
                () -> Child.run(
                        new ProcessBuilder(command.argv()),
                        command,
                        Job.withTimeout(Duration.ofSeconds(1)),
                        "preparing",
                        Child.Role.PREPARATION));
        assertThat(e.partialOutput().stdout()).isEmpty();
        assertNoneLives();
    }

    @Test
    void childThatCarriesACommandSaysNothingOfItsDeath() throws IOException {
        Command command = script(forever);
        JobTimeoutException e = catchThrowableOfType(
                JobTimeoutException.class,
                () -> Child.run(
                        new ProcessBuilder(command.argv()),
                        command,
                        Job.withTimeout(Duration.ofMillis(200)),
                        "running",
                        Child.Role.CARRIER));
        assertThat(e.ending()).isEqualTo(Ending.notConfirmed("ssh cannot signal the other side"));
        assertThat(e).hasMessageEndingWith(" while running (not confirmed dead: ssh cannot signal the other side)");
        assertNoneLives();
    }

    /** A shell that reads its lines from a file, whose path bears the mark. */
    private Command script(String lines) throws IOException {
        Path file = Files.createTempFile(temp.path(), "script", ".sh");
        Files.writeString(file, lines + "\n");
        return Command.of("sh", file.toString());
    }

    private Path quietFile() {
        Path file = temp.resolve("quiet");
        if (!Files.exists(file)) {
            createFile(file);
        }
        return file;
    }

    private static void createFile(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertNoneLives() {
        for (long pid : Processes.withArgument(mark)) {
            String line = Processes.commandLine(pid);
            assertThat(Processes.awaitGone(pid, Duration.ofSeconds(30)))
                    .as("the end of process %s: %s", pid, line)
                    .isTrue();
        }
    }

    private static byte[] randomBytes() {
        byte[] bytes = new byte[5 << 20];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    private static Child.Ended run(Command command) throws IOException, StreamFailedException {
        return run(command, Job.create());
    }

    private static Child.Ended run(Command command, Job job) throws IOException, StreamFailedException {
        List<String> words =
                command.isShell() ? List.of("/bin/sh", "-c", command.argv().get(0)) : command.argv();
        return Child.run(new ProcessBuilder(words), command, job, "testing", Child.Role.COMMAND);
    }

    /** Runs it in a thread of its own; {@code ready} counts down when it writes. */
    private static FutureTask<Child.Ended> start(Command command, CountDownLatch ready, Job job) {
        Callable<Child.Ended> work = () -> run(command.withStdout(Output.stream(new Signal(ready))), job);
        FutureTask<Child.Ended> task = new FutureTask<>(work);
        new Thread(task, "child-test").start();
        return task;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** An input that goes on once it is let go, and ends. */
    private static final class Blocked extends InputStream {
        private final CountDownLatch latch;

        Blocked(CountDownLatch latch) {
            this.latch = latch;
        }

        @Override
        public int read() {
            await(latch);
            return -1;
        }
    }

    /** An input of one line that, once that line is read, throws. */
    private static final class Broken extends InputStream {
        private final Throwable cause;
        private final CountDownLatch read;
        private int calls;

        Broken(Throwable cause, CountDownLatch read) {
            this.cause = cause;
            this.read = read;
        }

        @Override
        public int read() throws IOException {
            throw new IOException("read by single bytes");
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            if (calls++ == 0) {
                b[off] = 'x';
                b[off + 1] = '\n';
                return 2;
            }
            await(read);
            if (cause instanceof IOException checked) {
                throw checked;
            }
            if (cause instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) cause;
        }
    }

    /** Tells that something was written. */
    private static final class Signal extends OutputStream {
        private final CountDownLatch latch;

        Signal(CountDownLatch latch) {
            this.latch = latch;
        }

        @Override
        public void write(int b) {
            latch.countDown();
        }

        @Override
        public void write(byte[] b, int off, int len) {
            latch.countDown();
        }
    }
}
