package io.muxpool.copy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.JobCancelledException;
import io.muxpool.JobException;
import io.muxpool.JobInterruptedException;
import io.muxpool.JobTimeoutException;
import io.muxpool.TransportKind;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.Processes;
import io.muxpool.testkit.TcpProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies that are stopped half way, and what is made of the rest: held up there, and through a network that can be cut. */
@Timeout(120)
final class CopyFaultsTest extends OnOneServer {
    private static final int RUN = Runs.LENGTH;
    private static final int SIZE = 40 * RUN + 17;

    private final Gate gate = new Gate(temp.resolve("gate"));
    private OpenSshServer running = OpenSshServer.builder()
            .option("Subsystem", "sftp " + gate.subsystem(SERVE))
            .start();
    private TcpProxy proxy = TcpProxy.to(running.port());
    private ConnectionPool pool = open();

    private ConnectionPool open() {
        return pool(running.clientConfigForPort(proxy.port()), TransportKind.MUX)
                .open();
    }

    @BeforeEach
    void begin() {
        server = running;
    }

    @AfterEach
    void end() {
        pool.close();
        proxy.close();
        gate.close();
    }

    /** The far end of a way. */
    private Path place(boolean push) {
        return push ? home() : temp.path();
    }

    private Copied copy(boolean push, Copy copy, Path original, Job job) {
        return push ? copy.push(original, "copy", job) : copy.pull(original.toString(), temp.resolve("copy"), job);
    }

    /** A copy that something happens to when a part of it has arrived, and the rest is held up. */
    private Copy midway(boolean push, Runnable event) {
        return midway(push, true, event);
    }

    private Copy midway(boolean push, boolean resume, Runnable event) {
        String door = push ? "up" : "down";
        gate.shut(door);
        boolean[] happened = new boolean[1];
        // On other channels than the one that is held up, all might arrive.
        return Copy.builder(pool)
                .stripes(1)
                .resume(resume)
                .listener((done, total) -> {
                    if (done >= Gate.ARRIVED && !happened[0]) {
                        happened[0] = true;
                        event.run();
                        gate.open(door);
                    }
                })
                .build();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCopyThatIsCutGoesOnWhereItWas(boolean push) throws Exception {
        Path original = file("original", SIZE);
        CopyException e = catchThrowableOfType(
                CopyException.class, () -> copy(push, midway(push, proxy::cut), original, Job.create()));
        assertThat(e).hasMessageContainingAll("connection", "lost", "goes on from there");
        assertThat(e.retrySafe()).isTrue();
        assertThat(e.part()).contains(part(place(push)).toString());
        assertThat(Files.exists(place(push).resolve("copy"))).isFalse();

        Copied copied = copy(push, Copy.over(pool), original, Job.create());
        assertThat(copied.resumed()).isBetween((long) RUN, SIZE - 1L);
        assertThat(copied.sha256()).isPresent();
        assertSame(place(push).resolve("copy"), original);
        assertThat(names(place(push))).noneMatch(name -> name.contains(".part-"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSpoiltPartIsNotTrusted(boolean push) throws Exception {
        Path original = file("original", SIZE);
        assertThatThrownBy(() -> copy(push, midway(push, proxy::cut), original, Job.create()))
                .isInstanceOf(CopyException.class);
        // One byte near the begin, and garbage as long as the whole.
        try (FileChannel part = FileChannel.open(part(place(push)), StandardOpenOption.WRITE)) {
            part.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), 4711);
            part.write(ByteBuffer.wrap(new byte[] {1}), SIZE - 1L);
        }
        Copied copied = copy(push, Copy.over(pool), original, Job.create());
        assertThat(copied.sha256()).isPresent();
        assertSame(place(push).resolve("copy"), original);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPartThatIsWholeAlreadyIsOnlyPutInItsPlace(boolean push) throws Exception {
        Path original = file("original", SIZE);
        assertThatThrownBy(() -> copy(push, midway(push, proxy::cut), original, Job.create()))
                .isInstanceOf(CopyException.class);
        Files.write(part(place(push)), Files.readAllBytes(original));
        Copied copied = copy(push, Copy.over(pool), original, Job.create());
        assertThat(copied.resumed()).isEqualTo(SIZE);
        assertThat(copied.channels()).isZero();
        assertSame(place(push).resolve("copy"), original);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void withoutResumingNothingIsLeft(boolean push) throws Exception {
        Path original = file("original", SIZE);
        Job job = Job.create();
        Copy once = midway(push, false, job::cancel);
        assertThatThrownBy(() -> copy(push, once, original, job)).isInstanceOf(JobCancelledException.class);
        assertThat(names(place(push))).noneMatch(name -> name.startsWith("copy"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDeadlineEndsItAndWhatItStarted(boolean push) throws Exception {
        pool.run("true").check();
        Path original = file("original", SIZE);
        gate.shut(push ? "up" : "down");
        AtomicLong arrived = new AtomicLong();
        Copy copy = Copy.builder(pool)
                .stripes(1)
                .listener((done, total) -> arrived.set(done))
                .build();
        pool.run("true").check();
        Job job = Job.withTimeout(Duration.ofSeconds(3));
        JobTimeoutException e = catchThrowableOfType(JobTimeoutException.class, () -> copy(push, copy, original, job));
        gate.open(push ? "up" : "down");
        assertThat(arrived).hasPositiveValue();
        assertOver(push, e);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatHasNeverStartedIsNotSaidToBeDead(boolean push) throws Exception {
        Path original = file("original", RUN);
        proxy.freeze();
        Job job = Job.withTimeout(Duration.ofMillis(300));
        JobTimeoutException e =
                catchThrowableOfType(JobTimeoutException.class, () -> copy(push, Copy.over(pool), original, job));
        proxy.thaw();
        assertThat(e.commandStarted()).isFalse();
        assertThat(e).hasMessageNotContaining("dead");
        assertThat(names(place(push))).noneMatch(name -> name.contains(".part-"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCancelEndsItAndWhatItStarted(boolean push) throws Exception {
        Path original = file("original", SIZE);
        Job job = Job.create();
        JobCancelledException e = catchThrowableOfType(
                JobCancelledException.class, () -> copy(push, midway(push, job::cancel), original, job));
        assertThat(e).hasMessageContaining("goes on from there");
        assertOver(push, e);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anInterruptEndsItAndWhatItStarted(boolean push) throws Exception {
        Path original = file("original", SIZE);
        JobInterruptedException e = catchThrowableOfType(
                JobInterruptedException.class,
                () -> copy(push, midway(push, Thread.currentThread()::interrupt), original, Job.create()));
        assertThat(Thread.interrupted()).isTrue();
        assertOver(push, e);
    }

    private void assertOver(boolean push, JobException e) throws Exception {
        assertThat(e).hasMessageContaining("copying");
        assertThat(e.commandStarted()).isTrue();
        assertThat(Files.exists(place(push).resolve("copy"))).isFalse();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(running.processes().values())
                        .noneMatch(line ->
                                line.contains("sftp-server") || line.contains("dgst") || line.contains("sh -c")));
    }

    @Test
    void aSourceThatChangesIsNotTakenForEitherVersion() throws Exception {
        Path original = file("original", SIZE);
        Copy copy = midway(true, () -> {
            try (FileChannel file = FileChannel.open(original, StandardOpenOption.WRITE)) {
                file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 5);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThatThrownBy(() -> copy.push(original, "copy", Job.create()))
                .isInstanceOf(CopyException.class)
                .hasMessageContaining("changed while it was copied");
        assertThat(names(home())).isEmpty();
    }

    private static void write(Path file, long place, String text) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(text.getBytes(UTF_8)), place);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void ofALogThatGrowsWhatItHadAtTheStartArrives(boolean push) throws Exception {
        Path original = file("original", SIZE);
        byte[] start = Files.readAllBytes(original);
        Copied copied = copy(push, midway(push, () -> write(original, SIZE, "more lines\n")), original, Job.create());
        assertThat(place(push).resolve("copy")).hasBinaryContent(start);
        assertThat(copied.notices()).hasSize(1).first().asString().contains("grew", SIZE + " bytes");
        assertThat(copied.sha256()).isPresent();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLogThatGrowsAndIsChangedInWhatItHadIsRefused(boolean push) throws Exception {
        Path original = file("original", SIZE);
        Copy copy = midway(push, () -> {
            write(original, SIZE, "more lines\n");
            write(original, 5, "abc");
        });
        assertThatThrownBy(() -> copy(push, copy, original, Job.create()))
                .isInstanceOf(CopyException.class)
                .hasMessageContaining("changed while it was copied");
        assertThat(Files.exists(place(push).resolve("copy"))).isFalse();
    }

    @Test
    void aLogThatIsRotatedAwayWhileItIsPulledArrivesWithANotice() throws Exception {
        Path original = file("original", SIZE);
        Path rotated = temp.resolve("original.1");
        gate.shut("down");
        Copy half = Copy.builder(pool)
                .stripes(1)
                .listener((done, total) -> {
                    if (done >= Gate.ARRIVED && Files.exists(original)) {
                        try {
                            Files.move(original, rotated);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                        gate.open("down");
                    }
                })
                .build();
        Copied copied = half.pull(original.toString(), temp.resolve("copy"), Job.create());
        assertSame(temp.resolve("copy"), rotated);
        // A checksum that was begun before is made of the same file.
        assertThat(copied.sha256().isPresent() || copied.notices().size() == 1).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatManyLanesHadBroughtWhenTheyWereStoppedIsAllGoneOnFrom(boolean push) throws Exception {
        proxy.delay(Duration.ofMillis(40));
        Path original = file("original", 64 * RUN);
        Job job = Job.create();
        Copy stopped = Copy.builder(pool)
                .listener((done, total) -> {
                    if (done >= 20L * RUN) {
                        job.cancel();
                    }
                })
                .build();
        JobCancelledException e =
                catchThrowableOfType(JobCancelledException.class, () -> copy(push, stopped, original, job));
        Matcher left = Pattern.compile("(\\d+) of \\d+ bytes are in").matcher(String.valueOf(e.getMessage()));
        assertThat(left.find()).as(e.getMessage()).isTrue();
        assertThat(Long.parseLong(left.group(1))).isGreaterThanOrEqualTo(20L * RUN);
        Copied copied = copy(push, Copy.over(pool), original, Job.create());
        assertThat(copied.resumed()).isGreaterThanOrEqualTo(Long.parseLong(left.group(1)));
        assertSame(place(push).resolve("copy"), original);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPartOfAnOlderVersionIsNamedThereAndRemovedHere(boolean push) throws Exception {
        Path original = file("original", SIZE);
        assertThatThrownBy(() -> copy(push, midway(push, proxy::cut), original, Job.create()))
                .isInstanceOf(CopyException.class);
        Path old = part(place(push));
        write(original, 0, "another version");
        Files.setLastModifiedTime(original, FileTime.fromMillis(1_234_567_890_123L));
        Copied copied = copy(push, Copy.over(pool), original, Job.create());
        assertThat(copied.sha256()).isPresent();
        assertSame(place(push).resolve("copy"), original);
        if (push) {
            assertThat(copied.notices()).hasSize(1).first().asString().contains("not finished", old.toString());
        } else {
            assertThat(old).doesNotExist();
        }
    }

    @Test
    void aCopyInPlaceThatIsCutSaysWhatTheTargetHolds() throws Exception {
        Path original = file("original", SIZE);
        Files.writeString(home().resolve("copy"), "old");
        gate.shut("up");
        Copy copy = Copy.builder(pool)
                .stripes(1)
                .inPlace(true)
                .listener((done, total) -> {
                    if (done >= Gate.ARRIVED) {
                        proxy.cut();
                        gate.open("up");
                    }
                })
                .build();
        CopyException e = catchThrowableOfType(CopyException.class, () -> copy.push(original, "copy", Job.create()));
        assertThat(e).hasMessageContainingAll("connection was lost", "holds only a part", "copy it again");
        assertThat(e.part()).isEmpty();
        assertThat(Copy.builder(pool)
                        .inPlace(true)
                        .build()
                        .push(original, "copy", Job.create())
                        .sha256())
                .isPresent();
        assertSame(home().resolve("copy"), original);
        assertThat(names(home())).containsExactly("copy");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFailureThatNobodyExpectedSaysThatTheTargetIsWhatItWas(boolean push) throws Exception {
        Path original = file("original", SIZE);
        Files.writeString(place(push).resolve("copy"), "old");
        Copy copy = midway(push, () -> {
            gate.open(push ? "up" : "down");
            throw new IllegalStateException("a listener that throws");
        });
        CopyException e = catchThrowableOfType(CopyException.class, () -> copy(push, copy, original, Job.create()));
        assertThat(e)
                .hasMessageContainingAll(
                        "unexpected failure", "a listener that throws", "is what it was before", "goes on from there");
        assertThat(place(push).resolve("copy")).hasContent("old");
    }

    @Test
    void anSftpServerThatDiesIsNotTakenForALostConnection() throws Exception {
        Path original = file("original", SIZE);
        Copy copy = midway(
                true,
                () -> running.processes().forEach((pid, line) -> {
                    if (line.contains("sftp-server")) {
                        Processes.signal(pid, "KILL");
                    }
                }));
        CopyException e = catchThrowableOfType(CopyException.class, () -> copy.push(original, "copy", Job.create()));
        assertThat(e).hasMessageContainingAll("sftp ended", "KILL", "goes on from there");
        assertThat(pool.run("echo", "still there").stdoutText()).isEqualTo("still there\n");
    }

    @Test
    void twoCopiesToOneTargetDoNotMix() throws Exception {
        Path original = file("original", SIZE);
        Copy first = midway(false, () -> {
            assertThatThrownBy(() -> Copy.over(pool).pull(original.toString(), temp.resolve("copy"), Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContaining("another copy");
            assertThat(OtherProcess.canLock(partHere()))
                    .as("the lock of the first, after a second one was refused")
                    .isFalse();
        });
        assertThat(first.pull(original.toString(), temp.resolve("copy"), Job.create())
                        .sha256())
                .isPresent();
        assertSame(temp.resolve("copy"), original);
    }

    private Path partHere() {
        try {
            return part(temp.path());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatAnotherProcessHasLockedIsLeftToIt() throws Exception {
        Path original = file("original", SIZE);
        assertThatThrownBy(() -> copy(false, midway(false, proxy::cut), original, Job.create()))
                .isInstanceOf(CopyException.class);
        try (OtherProcess other = OtherProcess.locking(part(temp.path()))) {
            assertThatThrownBy(() -> copy(false, Copy.over(pool), original, Job.create()))
                    .isInstanceOf(CopyException.class)
                    .hasMessageContaining("another copy");
            assertThat(other.isAlive()).isTrue();
        }
        assertThat(copy(false, Copy.over(pool), original, Job.create()).resumed())
                .isPositive();
    }

    @Test
    void aLongWayIsTravelledOnSeveralChannels() throws Exception {
        proxy.delay(Duration.ofMillis(50));
        Path original = file("original", SIZE);
        Copied there = Copy.over(pool).push(original, "copy", Job.create());
        assertThat(there.channels()).isGreaterThan(1);
        assertSame(home().resolve("copy"), original);
        Copied back = Copy.over(pool).pull("copy", temp.resolve("back"), Job.create());
        assertThat(back.channels()).isGreaterThan(1);
        assertSame(temp.resolve("back"), original);
    }

    @Test
    void moreStripesThanAConnectionHasSessionsTakeMoreConnections() throws Exception {
        proxy.delay(Duration.ofMillis(20));
        running.maxSessions(4);
        Path original = file("original", SIZE);
        Copied there = Copy.builder(pool).stripes(12).build().push(original, "copy", Job.create());
        assertThat(there.sha256()).isPresent();
        assertThat(there.channels()).isGreaterThan(1);
        assertSame(home().resolve("copy"), original);
    }

    @Test
    void aPoolWithOneSessionIsEnough() throws Exception {
        try (ConnectionPool narrow = pool(running.clientConfigForPort(proxy.port()), TransportKind.MUX)
                .capacity(1)
                .maxConnections(1)
                .open()) {
            proxy.delay(Duration.ofMillis(10));
            Path original = file("original", 9 * RUN);
            assertThat(Copy.over(narrow).push(original, "copy", Job.create()).sha256())
                    .isPresent();
            Copy.over(narrow).pull("copy", temp.resolve("back"), Job.create());
            assertSame(temp.resolve("back"), original);
        }
    }
}
