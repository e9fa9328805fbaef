package io.muxpool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every transport owes its callers, tried through the public door. A transport is tested by extending this with a
 * remote that uses it; the server stays for the class, so that what is measured is commands, not handshakes.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
abstract class TransportContract {
    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private final ShortTemp sockets = ShortTemp.create();
    private ShortTemp temp = ShortTemp.create();
    private HeldOpen heldOpen = new HeldOpen();
    private ConnectionPool pool = ConnectionPool.open(Remote.local(), "none");

    /** Starts what the remote needs. */
    abstract Remote start(Path socketDir);

    /** Stops it. */
    abstract void stop();

    /** What is to be said of a command that did not end in time. */
    Ending endingOfAKilledCommand() {
        return Ending.confirmedDead();
    }

    @BeforeAll
    void open() {
        temp.close();
        pool.close();
        // One connection: a session still to be freed after a kill must not make a test open another.
        pool = ConnectionPool.builder(start(sockets.path()), "contract")
                .maxConnections(1)
                .open();
        pool.run("true").check();
    }

    @AfterAll
    void close() {
        pool.close();
        LeakCheck.endMasters(sockets.path());
        stop();
        sockets.close();
    }

    @BeforeEach
    void prepare() {
        temp = ShortTemp.create();
        heldOpen = new HeldOpen();
    }

    @AfterEach
    void cleanUp() {
        heldOpen.close();
        temp.close();
    }

    /** Says a word, and then runs until its connection is gone; no transport can be relied on to kill it. */
    private Command endless() {
        return Command.shell("echo started; exec cat").withStdin(Input.stream(heldOpen));
    }

    @Test
    void everyWordArrivesUnchanged() {
        List<String> words = List.of(
                "",
                " ",
                "a b",
                "it's",
                "\"quoted\"",
                "back\\slash",
                "$HOME",
                "$(id)",
                "`id`",
                "a;b",
                "a|b",
                "a&b",
                ">x",
                "*",
                "~",
                "!",
                "#no comment",
                "new\nline",
                "tab\tbed",
                "-n",
                "--",
                "=x",
                "ünïcödé 日本 🙂",
                "%h %% %",
                "{a,b}",
                "''",
                "\u0001\u007f");
        List<String> argv = new ArrayList<>(List.of("printf", "%s\\0"));
        argv.addAll(words);
        String text = pool.run(argv.toArray(String[]::new)).check().stdoutText();
        assertThat(Arrays.asList(text.split("\0", -1)).subList(0, words.size())).isEqualTo(words);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7, 126, 127, 128, 200, 254})
    void theExitStatusComesBack(int status) {
        assertThat(pool.run("sh", "-c", "exit " + status).exit()).isEqualTo(new Exit.Exited(status));
    }

    @Test
    void deathByASignalIsNeverTakenForSuccess() {
        // The shell that runs the line itself: another would report its child's death as a status.
        Exit exit = pool.run(Command.shell("kill -9 $$")).exit();
        assertThat(exit.success()).isFalse();
        assertThat(exit).isNotInstanceOf(Exit.Exited.class);
    }

    @Test
    void aProgramThatIsNotThereIsAFailureThatNamesIt() {
        try {
            CommandResult result = pool.run("no-such-program-anywhere");
            assertThat(result.exit()).isEqualTo(new Exit.Exited(127));
            assertThat(result.stderrText()).contains("no-such-program-anywhere");
        } catch (NotStartedException e) {
            // The local way: no shell is there to say 127.
            assertThat(e.retrySafe()).isFalse();
            assertThat(e).hasMessageContaining("no-such-program-anywhere");
        }
    }

    @Test
    void aProgramWhoseNameStartsWithADashIsNotTakenForAnOption() {
        try {
            assertThat(pool.run("-V").exit().shellCode()).isEqualTo(127);
        } catch (NotStartedException e) {
            assertThat(e).hasMessageContaining("-V");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"A=b", "if", "time", "function"})
    void aFirstWordThatMeansMoreToAShellIsAProgramsNameHere(String word) {
        try {
            Exit exit = pool.run(word, "no-such-file").exit();
            // There may be a program named time; it would fail on this operand.
            assertThat(exit.shellCode()).isIn(126, 127);
        } catch (NotStartedException e) {
            assertThat(e).hasMessageContaining(word);
        }
    }

    @Test
    void bothOutputsComeBackEachForItself() {
        CommandResult result = pool.run("sh", "-c", "echo out; echo err >&2; exit 3");
        assertThat(result.stdoutText()).isEqualTo("out\n");
        assertThat(result.stderrText()).isEqualTo("err\n");
        assertThat(result.stdoutTruncated()).isFalse();
        assertThat(result.argv()).containsExactly("sh", "-c", "echo out; echo err >&2; exit 3");
    }

    @Test
    void checkThrowsWithWordsExitAndBothOutputs() {
        CommandResult result = pool.run("sh", "-c", "echo out; echo err >&2; exit 3");
        CommandFailedException e = catchThrowableOfType(CommandFailedException.class, result::check);
        assertThat(e.result()).isSameAs(result);
        assertThat(e)
                .hasMessageContaining("exit status 3")
                .hasMessageContaining("out")
                .hasMessageContaining("err");
    }

    @Test
    void everyByteValueComesThroughBothWays() {
        byte[] all = new byte[256 * 64];
        IntStream.range(0, all.length).forEach(i -> all[i] = (byte) i);
        CommandResult result = pool.run(Command.of("cat").withStdin(Input.bytes(all)));
        assertThat(result.check().stdout()).isEqualTo(all);
    }

    @Test
    void fiveMegabytesComeThroughIntactBothWays() {
        byte[] data = random(5_000_000);
        assertThat(pool.run(Command.of("cat").withStdin(Input.bytes(data)))
                        .check()
                        .stdout())
                .isEqualTo(data);
    }

    @Test
    void withoutInputTheCommandSeesTheEndAtOnce() {
        assertThat(pool.run("cat").check().stdout()).isEmpty();
    }

    @Test
    void inputComesFromAFile() throws IOException {
        Path file = Files.write(temp.resolve("in"), random(200_000));
        CommandResult result = pool.run(Command.of("cat").withStdin(Input.file(file)));
        assertThat(result.check().stdout()).isEqualTo(Files.readAllBytes(file));
    }

    @Test
    void inputComesFromAStreamWhichIsNotClosed() {
        byte[] data = random(200_000);
        boolean[] closed = new boolean[1];
        InputStream stream = new ByteArrayInputStream(data) {
            @Override
            public void close() {
                closed[0] = true;
            }
        };
        CommandResult result = pool.run(Command.of("cat").withStdin(Input.stream(stream)));
        assertThat(result.check().stdout()).isEqualTo(data);
        assertThat(closed[0]).isFalse();
    }

    @Test
    void aCommandThatReadsNothingEndsAllTheSame() {
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 'x';
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                Arrays.fill(buffer, offset, offset + length, (byte) 'x');
                return length;
            }
        };
        CommandResult result = pool.run(Command.of("head", "-c", "5").withStdin(Input.stream(endless)));
        assertThat(result.check().stdoutText()).isEqualTo("xxxxx");
    }

    @Test
    void anInputThatFailsLeavesTheOutcomeUnknownAndSaysWhy() {
        InputStream broken = new InputStream() {
            private int left = 1000;

            @Override
            public int read() throws IOException {
                if (left-- <= 0) {
                    throw new IOException("the disk broke");
                }
                return 'x';
            }
        };
        assertThatThrownBy(() -> pool.run(Command.of("cat").withStdin(Input.stream(broken))))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("the disk broke")
                .hasRootCauseMessage("the disk broke");
    }

    @Test
    void anOutputThatFailsLeavesTheOutcomeUnknownAndSaysWhy() {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("the disk is full");
            }
        };
        assertThatThrownBy(() ->
                        pool.run(endless().withStdout(Output.stream(broken)), Job.withTimeout(Duration.ofSeconds(20))))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("the disk is full");
    }

    @Test
    void outputGoesToFilesAndStreamsAndNowhere() throws IOException {
        Path file = temp.resolve("out");
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        Command both = Command.shell("echo out; echo err >&2");
        CommandResult result = pool.run(both.withStdout(Output.file(file)).withStderr(Output.stream(stream)));
        assertThat(result.check().stdout()).isEmpty();
        assertThat(file).hasContent("out\n");
        assertThat(stream.toString(UTF_8)).isEqualTo("err\n");
        pool.run(both.withStdout(Output.appendTo(file)).withStderr(Output.discard()))
                .check();
        assertThat(file).hasContent("out\nout\n");
    }

    @Test
    void aCaptureKeepsItsLimitAndSaysSo() {
        Command much = Command.shell("head -c 3000000 /dev/zero; echo done >&2").withStdout(Output.capture(1000));
        CommandResult result = pool.run(much);
        assertThat(result.check().stdout()).hasSize(1000);
        assertThat(result.stdoutTruncated()).isTrue();
        assertThat(result.stderrTruncated()).isFalse();
        assertThat(result.stderrText()).isEqualTo("done\n");
    }

    @Test
    void variablesReachTheCommandWhateverTheyHold() {
        Command command = Command.of("sh", "-c", "printf '%s|%s' \"$A\" \"$B\"")
                .withEnv("A", "it's $HOME")
                .withEnv("B", "x\ny");
        assertThat(pool.run(command).check().stdoutText()).isEqualTo("it's $HOME|x\ny");
        Command line = Command.shell("printf '%s' \"$A\"").withEnv("A", "a b;c");
        assertThat(pool.run(line).check().stdoutText()).isEqualTo("a b;c");
    }

    @Test
    void aShellLineIsLeftToTheShell() {
        assertThat(pool.run(Command.shell("printf 'b\\na\\n' | sort && echo $((1+2))"))
                        .check()
                        .stdoutText())
                .isEqualTo("a\nb\n3\n");
    }

    @Test
    void malformedTextIsReplacedNotRefused() {
        CommandResult result = pool.run("printf", "a\\377b").check();
        assertThat(result.stdout()).containsExactly('a', 0xff, 'b');
        assertThat(result.stdoutText()).isEqualTo("a\ufffdb");
    }

    @Test
    void aTimeoutCarriesTheOriginalDurationAndWhatWasWritten() {
        // A word that depends on the login shell: a shell is known to be there then, so that a kill may look for
        // processes.
        pool.run("echo", "it's").check();
        // A machine that takes seconds for a command has some more to begin this one.
        Duration timeout = Duration.ofSeconds(2 + 4 * pool.run("true").elapsed().toSeconds());
        Job job = Job.withTimeout(timeout);
        JobTimeoutException e = catchThrowableOfType(JobTimeoutException.class, () -> pool.run(endless(), job));
        assertThat(e.timeout()).isEqualTo(timeout);
        assertThat(e.partialOutput().stdoutText()).isEqualTo("started\n");
        assertThat(e.commandStarted()).isTrue();
        assertThat(e.ending()).isEqualTo(endingOfAKilledCommand());
        assertThat(e).hasMessageContaining(timeout.toSeconds() + "s").hasMessageContaining("exec cat");
        assertThat(e).hasMessageEndingWith(" (" + e.ending() + ")");
    }

    @Test
    void aJobPastItsDeadlineStartsNothing() {
        Path marker = temp.resolve("marker");
        JobTimeoutException e = catchThrowableOfType(
                JobTimeoutException.class,
                () -> pool.run(Command.of("touch", marker.toString()), Job.withTimeout(Duration.ZERO)));
        assertThat(e.commandStarted()).isFalse();
        assertThat(marker).doesNotExist();
    }

    @Test
    void aCancelEndsWhatRunsAndRefusesWhatComesLater() throws Exception {
        Job job = Job.create();
        CountDownLatch running = new CountDownLatch(1);
        OutputStream signal = new OutputStream() {
            @Override
            public void write(int b) {
                running.countDown();
            }
        };
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<CommandResult> result =
                    thread.submit(() -> pool.run(endless().withStdout(Output.stream(signal)), job));
            running.await();
            job.cancel();
            assertThatThrownBy(() -> result.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(JobCancelledException.class);
        } finally {
            thread.shutdownNow();
        }
        Path marker = temp.resolve("marker");
        assertThatThrownBy(() -> pool.run(Command.of("touch", marker.toString()), job))
                .isInstanceOfSatisfying(
                        JobCancelledException.class,
                        e -> assertThat(e.commandStarted()).isFalse());
        assertThat(marker).doesNotExist();
    }

    @Test
    void anInterruptEndsTheCommandAndTheFlagIsSetAgain() throws Exception {
        Thread caller = Thread.currentThread();
        OutputStream interrupts = new OutputStream() {
            @Override
            public void write(int b) {
                caller.interrupt();
            }
        };
        assertThatThrownBy(() -> pool.run(endless().withStdout(Output.stream(interrupts))))
                .isInstanceOf(JobInterruptedException.class);
        // Also clears it for the tests that follow.
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aDryRunStartsNothingAndSucceeds() {
        Path marker = temp.resolve("marker");
        CommandResult result = pool.run(Command.of("touch", marker.toString()).withDryRun(true));
        assertThat(result.check().stdout()).isEmpty();
        assertThat(result.argv()).containsExactly("touch", marker.toString());
        assertThat(marker).doesNotExist();
    }

    @Test
    void eightCommandsAtOnceDoNotMixUpTheirStreams() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int number = i;
                running.add(threads.submit(() -> {
                    for (int j = 0; j < 4; j++) {
                        byte[] data = (number + "/" + j + " ").repeat(5000).getBytes(UTF_8);
                        CommandResult result = pool.run(Command.shell("cat; echo " + number + " >&2; exit " + number)
                                .withStdin(Input.bytes(data)));
                        assertThat(result.stdout()).isEqualTo(data);
                        assertThat(result.stderrText()).isEqualTo(number + "\n");
                        assertThat(result.exit()).isEqualTo(new Exit.Exited(number));
                    }
                }));
            }
            for (Future<?> thread : running) {
                thread.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }
}
