package io.muxpool.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.TransportKind;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.TcpProxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may go wrong with a push once all bytes have arrived: at its checksum, and at its rename. */
@Timeout(120)
final class LastStepsTest extends OnOneServer {
    private static final int SIZE = 3 * Runs.LENGTH + 17;
    private static final int LARGE = 30 * Runs.LENGTH + 17;

    private final Gate gate = new Gate(temp.resolve("gate"));
    private OpenSshServer running = start();
    private TcpProxy proxy = TcpProxy.to(running.port());
    private ConnectionPool pool =
            pool(running.clientConfigForPort(proxy.port()), TransportKind.MUX).open();

    private OpenSshServer start() {
        // Root may write to what is read-only.
        return OpenSshServer.builder()
                .asOrdinaryUser()
                .option("Subsystem", "sftp " + gate.subsystem(SERVE))
                .option("SetEnv", "PATH=" + gate.programs() + ":/usr/local/bin:/usr/bin:/bin")
                .start();
    }

    @BeforeEach
    void begin() throws Exception {
        server = running;
        Files.setPosixFilePermissions(temp.path(), PosixFilePermissions.fromString("rwx--x--x"));
    }

    @AfterEach
    void end() {
        pool.close();
        proxy.close();
        gate.close();
    }

    private Path file(String permissions) throws Exception {
        Path file = file("original", SIZE);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        return file;
    }

    private Copied push(Path original) {
        return Copy.over(pool).push(original, "copy", Job.create());
    }

    private CopyException failedPush(Path original) {
        return catchThrowableOfType(CopyException.class, () -> push(original));
    }

    private static <T> FutureTask<T> meanwhile(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task, "meanwhile");
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    @Test
    void aReadOnlySourceIsGoneOnFromAfterALossAtItsChecksum() throws Exception {
        Path original = file("r--r--r--");
        gate.shut("sum");
        FutureTask<CopyException> cut = meanwhile(() -> failedPush(original));
        gate.awaitHeld("sum");
        proxy.cut();
        assertThat(cut.get()).hasMessageContainingAll("connection was lost", SIZE + " of " + SIZE + " bytes");
        gate.open("sum");
        assertThat(push(original).resumed()).isEqualTo(SIZE);
        assertSame(home().resolve("copy"), original);
        assertThat(names(home())).containsExactly("copy");
    }

    @Test
    void aPartThatIsReadOnlyAlreadyIsGoneOnFrom() throws Exception {
        Path original = file("r--r--r--");
        gate.shut("sum");
        FutureTask<CopyException> cut = meanwhile(() -> failedPush(original));
        gate.awaitHeld("sum");
        proxy.cut();
        assertThat(cut.get()).isNotNull();
        gate.open("sum");
        // As when the connection is lost between the last two steps.
        Files.setPosixFilePermissions(part(home()), PosixFilePermissions.fromString("-w-r--r--"));
        assertThat(push(original).resumed()).isEqualTo(SIZE);
        assertSame(home().resolve("copy"), original);
    }

    @Test
    void aSourceThatItsOwnerMayNotReadArrivesWithThatMode() throws Exception {
        Path original = file("-w--w--w-");
        assumeThat(Files.isReadable(original)).as("by root").isTrue();
        assertThat(push(original).sha256()).isPresent();
        assertThat(Files.mismatch(home().resolve("copy"), original)).isEqualTo(-1);
        // Less what the server's umask takes away.
        assertThat(mode(home().resolve("copy"))).isEqualTo("-w-------");
    }

    @Test
    void aChecksumThatFailsIsSaidAndNamesThePart() throws Exception {
        Path original = file("rw-r--r--");
        gate.failSums();
        CopyException e = failedPush(original);
        assertThat(e)
                .hasMessageContainingAll(
                        "cannot check", "exit status 3", "cannot", part(home()).toString());
        assertThat(e.part()).contains(part(home()).toString());
        assertThat(e.retrySafe()).isFalse();
        assertThat(Files.exists(home().resolve("copy"))).isFalse();
    }

    /** A push that is held up half way when this returns, and whose checksum has been begun. */
    private FutureTask<Copied> midway(Path original) {
        gate.shut("up");
        FutureTask<Copied> push =
                meanwhile(() -> Copy.builder(pool).stripes(1).build().push(original, "copy", Job.create()));
        gate.awaitHeld("up");
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> gate.sums() == 1);
        return push;
    }

    @Test
    void theChecksumOfALargeFileIsMadeWhileItArrives() throws Exception {
        Path original = file("original", LARGE);
        FutureTask<Copied> push = midway(original);
        gate.open("up");
        assertThat(push.get().sha256()).isPresent();
        assertSame(home().resolve("copy"), original);
        assertThat(gate.sums()).isOne();
    }

    @Test
    void oneThatFailsMeanwhileIsMadeAgain() throws Exception {
        Path original = file("original", LARGE);
        gate.failNextSum();
        FutureTask<Copied> push = midway(original);
        gate.open("up");
        assertThat(push.get().sha256()).isPresent();
        assertSame(home().resolve("copy"), original);
        assertThat(gate.sums()).isEqualTo(2);
    }

    /** Then the checksum is that of the target, and of the part nothing is known. */
    @ParameterizedTest
    @ValueSource(ints = {SIZE, LARGE})
    void aPartThatBecameTheTargetMeanwhileIsNotTakenForTheOneThatIsBegunBehindIt(int size) throws Exception {
        Path original = file("original", size);
        gate.shut("sum");
        FutureTask<Copied> slow;
        if (size == LARGE) {
            slow = midway(original);
            gate.open("up");
        } else {
            slow = meanwhile(() -> push(original));
            gate.awaitHeld("sum");
        }
        Path part = part(home());
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> Files.mismatch(part, original) == -1);
        Files.move(part, home().resolve("copy"));
        Files.writeString(part, "a beginning");
        gate.open("sum");
        assertThat(slow.get().sha256()).isPresent();
        assertSame(home().resolve("copy"), original);
        assertThat(names(home())).containsExactly("copy");
    }

    @Test
    void aRenameWhoseAnswerIsLostIsLookedFor() throws Exception {
        Path original = file("r--r--r--");
        gate.shut("rename");
        FutureTask<Copied> copied = meanwhile(() -> push(original));
        gate.awaitHeld("rename");
        proxy.cut();
        assertThat(copied.get().sha256()).isPresent();
        gate.open("rename");
        assertSame(home().resolve("copy"), original);
    }

    @Test
    void whetherARenameWasMadeIsNotKnownWhenNobodyCanLook() throws Exception {
        Path original = file("r--r--r--");
        gate.shut("rename");
        FutureTask<CopyException> lost = meanwhile(() -> failedPush(original));
        gate.awaitHeld("rename");
        proxy.close();
        CopyException e = lost.get();
        gate.open("rename");
        assertThat(e)
                .hasMessageContainingAll(
                        "connection was lost", home().resolve("copy").toString(), "not known")
                .hasMessageNotContaining("goes on from there");
        assertThat(e.part()).isEmpty();
        assertThat(e.retrySafe()).isTrue();
    }

    @Test
    void theSlowerOfTwoIdenticalPushesFindsItsFileInItsPlace() throws Exception {
        Path original = file("r--r--r--");
        for (String door : new String[] {"sum", "sh"}) {
            gate.shut(door);
            FutureTask<Copied> slow = meanwhile(() -> push(original));
            gate.awaitHeld(door);
            assertThat(push(original).resumed()).isEqualTo(SIZE);
            gate.open(door);
            assertThat(slow.get().sha256()).as(door).isPresent();
            assertSame(home().resolve("copy"), original);
            assertThat(names(home())).containsExactly("copy");
            Files.delete(home().resolve("copy"));
        }
    }

    @Test
    void whatIsNoFileWhereThePartShouldBeIsLeftAlone() throws Exception {
        Path original = file("rw-r--r--");
        gate.shut("sum");
        FutureTask<CopyException> cut = meanwhile(() -> failedPush(original));
        gate.awaitHeld("sum");
        proxy.cut();
        assertThat(cut.get()).isNotNull();
        gate.open("sum");
        Path part = part(home());
        Files.delete(part);
        Files.createDirectory(part);
        assertThat(push(original).resumed()).isZero();
        assertSame(home().resolve("copy"), original);
        assertThat(names(home())).containsExactly("copy", part.getFileName().toString());
    }
}
