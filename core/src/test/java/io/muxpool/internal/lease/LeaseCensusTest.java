package io.muxpool.internal.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.OtherJvm;
import io.muxpool.SocketDirectoryException;
import io.muxpool.internal.lease.LeaseCensus.Entry;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class LeaseCensusTest {
    private static final String DESCRIPTION = "dst#u@h###pool";
    private static final long SELF = ProcessHandle.current().pid();

    @RegisterExtension
    static final LeakCheck LEAKS = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final Path root = temp.resolve("r");
    private final LeaseStore store = new LeaseStore(root, LeaseWorker.MODE, DESCRIPTION, LeaseWorker.PERSIST);

    @AfterEach
    void deleteDirectory() {
        temp.close();
    }

    @Test
    void missingRootHasNoLeasesAndIsNotMade() {
        assertThat(LeaseCensus.take(root)).isEmpty();
        assertThat(root).doesNotExist();
    }

    @Test
    void freeLeaseIsListedAsIdleWithItsPoolAndSocket() {
        Lease lease = lease();
        lease.release();
        Entry entry = only(LeaseCensus.take(root));
        assertThat(entry.held()).isFalse();
        assertThat(entry.owner()).isEmpty();
        assertThat(entry.pool()).isEqualTo(DESCRIPTION);
        assertThat(entry.mode()).isEqualTo(LeaseWorker.MODE);
        assertThat(entry.socket()).isEqualTo(lease.socket());
    }

    @Test
    void leaseHeldHereIsListedWithThisProcess() {
        Lease lease = lease();
        Entry entry = only(LeaseCensus.take(root));
        assertThat(entry.held()).isTrue();
        assertThat(entry.owner()).hasValue(SELF);
        assertThat(entry.pool()).isEqualTo(DESCRIPTION);
        lease.discard();
    }

    @Test
    void leaseHeldByAnotherProcessIsListedWithThatOneAndAsIdleOnceItWasKilled() {
        try (OtherJvm other = worker()) {
            UnixSockets.make(path(other));
            Entry held = only(LeaseCensus.take(root));
            assertThat(held.held()).isTrue();
            assertThat(held.owner()).hasValue(other.pid());
            assertThat(held.pool()).isEqualTo(DESCRIPTION);
            assertThat(LeaseCensus.takeIdle(held)).isEmpty();

            other.kill();
            Entry orphan = only(LeaseCensus.take(root));
            assertThat(orphan.held()).isFalse();
            assertThat(orphan.owner()).isEqualTo(OptionalLong.empty());
            assertThat(orphan.socket()).isEqualTo(held.socket());
            assertThat(LeaseCensus.takeIdle(orphan)).hasValueSatisfying(Lease::discard);
            assertThat(LeaseCensus.take(root)).isEmpty();
        }
    }

    @Test
    void lookingTakesNothingAwayFromOwnersHereOrElsewhere() {
        Lease here = lease();
        Lease idle = lease();
        idle.release();
        try (OtherJvm elsewhere = worker()) {
            // It takes the idle one and leaves nothing but held ones.
            Path theirs = path(elsewhere);
            assertThat(theirs).isEqualTo(idle.socket());
            for (int i = 0; i < 3; i++) {
                assertThat(LeaseCensus.take(root)).hasSize(2).allMatch(Entry::held);
            }
            // A lock that looking had dropped would be there for a third process to get, and for this one.
            try (OtherJvm third = worker()) {
                assertThat(path(third)).isNotIn(here.socket(), theirs);
                Lease more = store.acquire();
                assertThat(more.socket()).isNotIn(here.socket(), theirs);
                more.discard();
            }
        }
        here.discard();
    }

    @Test
    void lookingMovesAndChangesNothing() throws IOException {
        Lease held = lease();
        Lease idle = lease();
        idle.release();
        List<String> before = listing();
        LeaseCensus.take(root);
        assertThat(listing()).isEqualTo(before);
        held.discard();
    }

    @Test
    void everyPoolAndModeUnderTheRootIsListed() {
        Lease one = lease();
        Lease two = new LeaseStore(root, LeaseWorker.MODE, "dst#u@h###other", LeaseWorker.PERSIST).acquire();
        Lease three = new LeaseStore(root, "q", DESCRIPTION, LeaseWorker.PERSIST).acquire();
        assertThat(LeaseCensus.take(root).stream().map(Entry::socket))
                .containsExactlyInAnyOrder(one.socket(), two.socket(), three.socket());
        List.of(one, two, three).forEach(Lease::discard);
    }

    @Test
    void leasesAreListedInTheOrderOfTheirModesAndPools() {
        List<Lease> leases = new ArrayList<>();
        for (String mode : List.of("k", "b", "m", "c", "a")) {
            for (String pool : List.of("one", "two", "three")) {
                leases.add(new LeaseStore(root, mode, pool, LeaseWorker.PERSIST).acquire());
            }
        }
        assertThat(LeaseCensus.take(root))
                .hasSize(15)
                .isSortedAccordingTo(Comparator.comparing(Entry::mode).thenComparing(Entry::hash));
        leases.forEach(Lease::discard);
    }

    @Test
    void idleLeaseIsTakenAndThenExclusive() {
        Lease lease = lease();
        lease.release();
        Entry entry = only(LeaseCensus.take(root));
        Lease taken = LeaseCensus.takeIdle(entry).orElseThrow();
        assertThat(taken.socket()).isEqualTo(lease.socket());
        assertThat(LeaseCensus.takeIdle(entry)).isEmpty();
        Lease other = store.acquire();
        assertThat(other.socket()).isNotEqualTo(taken.socket());
        taken.discard();
        other.discard();
    }

    @Test
    void heldLeaseCannotBeTakenHere() {
        Lease lease = lease();
        assertThat(LeaseCensus.takeIdle(only(LeaseCensus.take(root)))).isEmpty();
        assertThat(only(LeaseCensus.take(root)).held()).isTrue();
        lease.discard();
    }

    @Test
    void leaseThatIsGoneSinceItWasSeenCannotBeTaken() {
        Lease lease = lease();
        lease.release();
        Entry entry = only(LeaseCensus.take(root));
        store.acquire().discard();
        assertThat(LeaseCensus.takeIdle(entry)).isEmpty();
        assertThat(LeaseCensus.take(root)).isEmpty();
    }

    @Test
    void leaseWithoutANoteOfItsPoolIsListedButNotTaken() throws IOException {
        Lease lease = lease();
        lease.release();
        Files.delete(lease.socket().resolveSibling(lease.socket().getFileName() + ".owner"));
        Entry entry = only(LeaseCensus.take(root));
        assertThat(entry.pool()).isEmpty();
        assertThat(LeaseCensus.takeIdle(entry)).isEmpty();
    }

    @Test
    void whatIsNoLeaseIsNotListed() throws IOException {
        Lease lease = lease();
        Path free = free(lease);
        Files.createFile(free.resolve("other"));
        Files.createDirectory(free.resolve("sdirectory"));
        Files.createSymbolicLink(free.resolve("slink"), Path.of("other"));
        Files.createFile(root.resolve("a-file"));
        Files.createDirectory(root.resolve("empty"));
        assertThat(only(LeaseCensus.take(root)).socket()).isEqualTo(lease.socket());
        lease.discard();
    }

    @Test
    void unsafeRootIsRefused() throws IOException {
        Files.createDirectory(root);
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThatThrownBy(() -> LeaseCensus.take(root))
                .isInstanceOf(SocketDirectoryException.class)
                .hasMessageContaining("0755")
                .hasMessageContaining("0700");
    }

    @Test
    void directoriesThatAreNotThereYetAreSaidToBeMade() {
        assertThat(LeaseCensus.inspectDirectories(root)).startsWith(root + " is not there yet");
        assertThat(root).doesNotExist();
    }

    @Test
    void safeDirectoriesAreCountedWithoutTheFilesBesideThem() throws IOException {
        Files.createDirectory(root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        assertThat(LeaseCensus.inspectDirectories(root)).contains("(1 directory) are yours alone");
        Lease lease = lease();
        store.learnSessions(4);
        // Root, mode and pool, and the three of the pool.
        assertThat(LeaseCensus.inspectDirectories(root)).contains("(6 directories) are yours alone");
        lease.discard();
    }

    @ParameterizedTest
    @ValueSource(strings = {".", "..", "../..", "../../.."})
    void unsafeDirectoryOfAnyLevelIsFound(String level) throws IOException {
        Lease lease = lease();
        lease.release();
        Path directory = lease.socket().resolveSibling(level).normalize();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-x---"));
        assertThatThrownBy(() -> LeaseCensus.inspectDirectories(root))
                .isInstanceOf(SocketDirectoryException.class)
                .hasMessageContainingAll("directory " + directory + " is not safe", "0750");
    }

    @Test
    void fileInADirectorysPlaceIsFoundByInspection() throws IOException {
        lease().discard();
        Files.createFile(root.resolve("file"));
        assertThatThrownBy(() -> LeaseCensus.inspectDirectories(root))
                .isInstanceOf(SocketDirectoryException.class)
                .hasMessageContainingAll(root + "/file is not safe", "a regular file");
    }

    @Test
    void roomThatSocketPathsTakeIsSaid() {
        Lease lease = lease();
        int bytes = lease.socket().toString().length();
        lease.discard();
        assertThat(LeaseCensus.inspectPath(root, LeaseWorker.MODE))
                .startsWith("control sockets have paths of " + bytes + " bytes, and ");
        Path deep = root.resolve("d".repeat(90));
        assertThatThrownBy(() -> LeaseCensus.inspectPath(deep, LeaseWorker.MODE))
                .isInstanceOf(SocketDirectoryException.class)
                .hasMessageContaining("too deep");
    }

    private Lease lease() {
        Lease lease = store.acquire();
        if (!Files.exists(lease.socket())) {
            UnixSockets.make(lease.socket());
        }
        return lease;
    }

    private static Path free(Lease lease) {
        return lease.socket().resolve("../../free").normalize();
    }

    private OtherJvm worker() {
        return OtherJvm.start(LeaseWorker.class, List.of(), "hold", root.toString(), DESCRIPTION, "1");
    }

    private static Path path(OtherJvm worker) {
        String line = worker.lines(1).get(0);
        return Path.of(line.substring(0, line.lastIndexOf(' ')));
    }

    private static Entry only(List<Entry> entries) {
        assertThat(entries).hasSize(1);
        return entries.get(0);
    }

    private List<String> listing() throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.map(LeaseCensusTest::describe).sorted().toList();
        }
    }

    private static String describe(Path path) {
        try {
            return path + " " + Files.readAttributes(path, "unix:ino,mode,lastModifiedTime,size");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
