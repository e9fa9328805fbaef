package io.muxpool.internal.lease;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.OtherJvm;
import io.muxpool.SocketDirectoryException;
import io.muxpool.internal.unix.Machine;
import io.muxpool.internal.unix.User;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The leases of one process; see {@link LeaseExclusivityTest} for several. */
@Timeout(60)
class LeaseStoreTest {
    private static final String DESCRIPTION = "dst#u@h###pool";
    private static final String MODE = "p";
    private static final Duration PERSIST = Duration.ofSeconds(600);
    private static final boolean LINUX = Files.exists(Path.of("/proc/self"));
    private static final boolean MAC =
            System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac");

    @RegisterExtension
    static final LeakCheck LEAKS = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final Path root = temp.resolve("r");
    private final LeaseStore store = store(root);

    @AfterEach
    void deleteDirectory() {
        temp.close();
    }

    @Nested
    class Layout {
        @Test
        void directoriesAre0700AndTheLockFileIs0600() throws IOException {
            Lease lease = store.acquire();
            Path namespace = namespace(lease);
            assertThat(namespace).hasParent(root.resolve(MODE));
            for (Path directory : List.of(
                    root,
                    root.resolve(MODE),
                    namespace,
                    namespace.resolve("c"),
                    namespace.resolve("free"),
                    namespace.resolve("used"))) {
                assertThat(mode(directory)).as(directory.toString()).isEqualTo("rwx------");
            }
            assertThat(mode(used(lease))).isEqualTo("rw-------");
            lease.release();
            assertThat(mode(free(lease))).isEqualTo("rw-------");
        }

        @Test
        void missingParentsOfTheRootAreMadePrivateToo() throws IOException {
            Path deep = temp.resolve("a").resolve("b");
            store(deep).acquire().discard();
            assertThat(mode(temp.resolve("a"))).isEqualTo("rwx------");
            assertThat(mode(deep)).isEqualTo("rwx------");
        }

        @Test
        void lockFileHasTheSocketsNameInUsedAndAfterReleaseInFree() {
            Lease lease = store.acquire();
            assertThat(lease.socket()).isEqualTo(namespace(lease).resolve("c").resolve(name(lease)));
            assertThat(lease).hasToString("Lease[" + lease.socket() + "]");
            assertThat(lease.socket()).doesNotExist();
            assertThat(used(lease)).isRegularFile();
            assertThat(free(lease)).doesNotExist();
            lease.release();
            assertThat(used(lease)).doesNotExist();
            assertThat(free(lease)).isRegularFile();
        }

        @Test
        void namesAreAnSAnd64RandomBits() {
            Set<String> names = ConcurrentHashMap.newKeySet();
            for (int i = 0; i < 20; i++) {
                Lease lease = store.acquire();
                String name = lease.socket().getFileName().toString();
                assertThat(name).matches("s[A-Za-z0-9_-]{11}");
                names.add(name);
                lease.discard();
            }
            assertThat(names).hasSize(20);
        }

        @Test
        void namespaceIsTheStartOfTheDescriptionsHash() {
            Lease lease = store.acquire();
            // printf 'dst#u@h###pool' | openssl dgst -sha256 -binary | base64 | tr +/ -_ | cut -c1-22
            assertThat(namespace(lease)).hasFileName("t0v0iPnJyXhdq7tY7suM6C");
            lease.discard();
        }

        @Test
        void otherDescriptionsAndModesShareNothing() {
            Lease one = warm(store.acquire());
            one.release();
            Lease otherPool = new LeaseStore(root, MODE, "dst#u@h###other", PERSIST).acquire();
            Lease otherMode = new LeaseStore(root, "q", DESCRIPTION, PERSIST).acquire();
            assertThat(Set.of(namespace(one), namespace(otherPool), namespace(otherMode)))
                    .hasSize(3);
            assertThat(namespace(otherPool).getFileName().toString()).hasSize(22);
            otherPool.discard();
            otherMode.discard();
        }

        @Test
        void noteBesideTheSocketSaysWhoseItIs() throws IOException {
            Lease lease = store.acquire();
            assertThat(lease.socket().resolveSibling(name(lease) + ".owner")).hasContent(ownNote());
            assertThat(used(lease)).isEmptyFile();
            lease.discard();
        }

        @Test
        void whoTakesALeaseAgainNotesItselfAndSweepsUpWhatTheLastOwnerLeft() throws IOException {
            Lease first = warm(store.acquire());
            first.release();
            Path note = first.socket().resolveSibling(name(first) + ".owner");
            Files.writeString(note, "pid 1\npool none\n");
            Path halfBound = Files.createFile(first.socket().resolveSibling(name(first) + ".0123456789abcdef"));
            Lease second = store.acquire();
            assertThat(second.socket()).isEqualTo(first.socket());
            assertThat(note).hasContent(ownNote());
            assertThat(halfBound).doesNotExist();
            second.discard();
        }
    }

    private static String ownNote() {
        Machine here = Machine.current();
        return "pid " + ProcessHandle.current().pid() + "\nhost " + here.host() + "\nboot " + here.boot() + "\npool "
                + DESCRIPTION + "\n";
    }

    /** Of machines that share a home. */
    @Nested
    class OtherMachines {
        private Lease noted(String host, String boot) throws IOException {
            Lease lease = warm(store.acquire());
            lease.release();
            Files.writeString(
                    lease.socket().resolveSibling(name(lease) + ".owner"),
                    "pid 1\nhost " + host + "\nboot " + boot + "\npool " + DESCRIPTION + "\n");
            return lease;
        }

        @Test
        void aSocketOfAnotherMachineIsLeftAloneAndAnotherNameIsUsed() throws IOException {
            Lease theirs = noted("elsewhere", "00000000-0000-0000-0000-000000000000");
            Lease ours = store.acquire();
            assertThat(ours.socket()).isNotEqualTo(theirs.socket());
            assertThat(theirs.socket()).exists();
            assertThat(free(theirs)).exists();
            // Older than any master that is not in use.
            Files.setLastModifiedTime(
                    theirs.socket(), FileTime.from(Instant.now().minus(Duration.ofDays(1))));
            Lease another = store.acquire();
            assertThat(theirs.socket()).exists();
            another.discard();
            ours.discard();
        }

        @Test
        void aSocketOfAnotherMachineIsRemovedAWeekAfterItsLastUse() throws IOException {
            Lease theirs = noted("elsewhere", "00000000-0000-0000-0000-000000000000");
            Files.setLastModifiedTime(
                    theirs.socket(), FileTime.from(Instant.now().minus(Duration.ofDays(8))));
            Lease ours = store.acquire();
            assertThat(theirs.socket()).doesNotExist();
            ours.discard();
        }

        @Test
        void containersOfOneMachineAndAMachineThatWasStartedAgainAreTheSame() throws IOException {
            Machine here = Machine.current();
            for (List<String> same : List.of(
                    List.of("a-container", here.boot()),
                    List.of(here.host(), "00000000-0000-0000-0000-000000000000"))) {
                Lease ours = noted(same.get(0), same.get(1));
                Lease again = store.acquire();
                assertThat(again.socket()).isEqualTo(ours.socket());
                again.discard();
            }
        }
    }

    /** Of processes that were killed. */
    @Nested
    class Marks {
        @Test
        void aLeaseIsSuspectWhenItsOwnerEndedWhileACommandRan() {
            Lease first = warm(store.acquire());
            first.running().begin();
            assertThat(first.running().isSet()).isTrue();
            first.release();
            Lease second = store.acquire();
            assertThat(second.socket()).isEqualTo(first.socket());
            assertThat(second.isSuspect()).isTrue();
            assertThat(second.running().isSet()).isFalse();
            second.discard();
        }

        @Test
        void aLeaseWhoseCommandsHaveEndedIsNotSuspect() {
            Lease first = warm(store.acquire());
            first.running().begin();
            first.running().end();
            first.release();
            Lease second = store.acquire();
            assertThat(second.isSuspect()).isFalse();
            second.discard();
        }
    }

    @Nested
    class Reuse {
        @Test
        void releasedLeaseWithASocketIsTakenAgain() {
            Lease first = warm(store.acquire());
            first.release();
            Lease second = store.acquire();
            assertThat(second.socket()).isEqualTo(first.socket()).exists();
            assertThat(used(second)).exists();
            second.release();
        }

        @Test
        void relativeRootLeadsToTheSameLeases() {
            Lease first = warm(store.acquire());
            Path relative = Path.of("").toAbsolutePath().relativize(root);
            Lease second = store(relative).acquire();
            assertThat(second.socket()).isNotEqualTo(first.socket());
            second.discard();
            first.release();
            Lease third = store(relative).acquire();
            assertThat(third.socket()).isEqualTo(first.socket());
            third.release();
        }

        @Test
        void linkAboveTheRootLeadsToTheSameLeases() throws IOException {
            Files.createDirectory(temp.resolve("real"));
            Files.createSymbolicLink(temp.resolve("link"), temp.resolve("real"));
            Lease first = warm(store(temp.resolve("real/r")).acquire());
            Lease second = store(temp.resolve("link/r")).acquire();
            assertThat(second.socket().getFileName())
                    .isNotEqualTo(first.socket().getFileName());
            second.discard();
            first.release();
            Lease third = store(temp.resolve("link/r")).acquire();
            assertThat(third.socket().getFileName()).isEqualTo(first.socket().getFileName());
            third.release();
        }

        @Test
        void heldLeaseIsNotGivenASecondTime() {
            Lease first = warm(store.acquire());
            Lease second = warm(store.acquire());
            assertThat(second.socket()).isNotEqualTo(first.socket());
            first.release();
            second.release();
        }

        @Test
        void leaseOfAProcessThatDiedIsSalvagedFromUsed() throws IOException {
            Lease dead = warm(store.acquire());
            dead.release();
            // What a killed owner leaves: the file in used/, unlocked.
            Files.move(free(dead), used(dead));
            Lease salvaged = store.acquire();
            assertThat(salvaged.socket()).isEqualTo(dead.socket());
            assertThat(used(salvaged)).exists();
            salvaged.release();
            assertThat(free(salvaged)).exists();
        }

        @Test
        void freeLeaseIsTakenBeforeOneIsSalvaged() throws IOException {
            Lease dead = warm(store.acquire());
            Lease idle = warm(store.acquire());
            dead.release();
            Files.move(free(dead), used(dead));
            idle.release();
            Lease taken = store.acquire();
            assertThat(taken.socket()).isEqualTo(idle.socket());
            taken.release();
        }

        @Test
        void twoThreadsNeverGetTheSame() throws Exception {
            int threads = 8;
            Set<Path> held = ConcurrentHashMap.newKeySet();
            CyclicBarrier start = new CyclicBarrier(threads);
            ExecutorService executor = Executors.newFixedThreadPool(threads);
            try {
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    all.add(executor.submit(() -> {
                        start.await();
                        for (int round = 0; round < 100; round++) {
                            Lease lease = store.acquire();
                            assertThat(held.add(lease.socket())).isTrue();
                            if (!Files.exists(lease.socket())) {
                                warm(lease);
                            }
                            held.remove(lease.socket());
                            lease.release();
                        }
                        return null;
                    }));
                }
                for (Future<?> one : all) {
                    one.get();
                }
            } finally {
                executor.shutdownNow();
            }
            assertThat(names("used")).isEmpty();
        }
    }

    @Nested
    class Pruning {
        @Test
        void leaseWithoutASocketIsPruned() {
            Lease first = store.acquire();
            first.release();
            Lease second = store.acquire();
            assertThat(second.socket()).isNotEqualTo(first.socket());
            assertThat(free(first)).doesNotExist();
            assertThat(used(first)).doesNotExist();
            second.discard();
        }

        @Test
        void allDeadLeasesInTheWayArePrunedInOneGo() throws IOException {
            List<Lease> dead = List.of(store.acquire(), store.acquire(), store.acquire(), store.acquire());
            dead.forEach(Lease::release);
            Files.move(free(dead.get(0)), used(dead.get(0)));
            Lease lease = store.acquire();
            assertThat(names("free")).isEmpty();
            assertThat(names("used")).containsExactly(name(lease));
            lease.discard();
        }

        // The age that is too old is max(90 min, 2 x persist + 2 s); half a minute is room for a slow machine.
        @ParameterizedTest
        @CsvSource({
            "PT600S, PT90M, false",
            "PT0S, PT90M, false",
            "PT1H, PT2H2S, false",
            "PT45M, PT90M2S, false",
            "PT600S, PT90M, true",
            "PT0S, PT90M, true",
            "PT1H, PT2H2S, true",
            "PT45M, PT90M2S, true"
        })
        void leaseIsPrunedWhenItsSocketIsOlderThanAMasterCanBe(Duration persist, Duration limit, boolean older)
                throws IOException {
            LeaseStore store = new LeaseStore(root, MODE, DESCRIPTION, persist);
            Lease first = warm(store.acquire());
            first.release();
            Duration age = older ? limit.plusSeconds(1) : limit.minusSeconds(30);
            setTime(first.socket(), Instant.now().minus(age));
            Lease second = store.acquire();
            assertThat(second.socket().equals(first.socket())).isEqualTo(!older);
            assertThat(Files.exists(first.socket())).isEqualTo(!older);
            assertThat(free(first)).doesNotExist();
            second.discard();
        }

        @Test
        void socketFromTheFutureIsFresh() throws IOException {
            Lease first = warm(store.acquire());
            first.release();
            setTime(first.socket(), Instant.now().plus(Duration.ofDays(400)));
            Lease second = store.acquire();
            assertThat(second.socket()).isEqualTo(first.socket()).exists();
            second.release();
        }

        @Test
        void staleLeaseInUsedIsPrunedToo() throws IOException {
            Lease dead = warm(store.acquire());
            dead.release();
            Files.move(free(dead), used(dead));
            setTime(dead.socket(), Instant.now().minus(Duration.ofDays(1)));
            Lease second = store.acquire();
            assertThat(second.socket()).isNotEqualTo(dead.socket());
            assertThat(dead.socket()).doesNotExist();
            assertThat(used(dead)).doesNotExist();
            second.discard();
        }

        @Test
        void whatIsNotALeaseInTheDirectoriesIsLeftAlone() throws IOException {
            Lease lease = warm(store.acquire());
            for (Path directory :
                    List.of(namespace(lease).resolve("free"), namespace(lease).resolve("used"))) {
                Files.createFile(directory.resolve("x" + name(lease)));
                Files.createDirectory(directory.resolve("sdirectory"));
                Files.createFile(temp.resolve("target-" + directory.getFileName()));
                Files.createSymbolicLink(directory.resolve("slink"), temp.resolve("target-" + directory.getFileName()));
            }
            // As if each had a master.
            List.of("sdirectory", "slink", "x" + name(lease))
                    .forEach(name -> UnixSockets.make(lease.socket().resolveSibling(name)));
            List<String> before = names("free");
            Lease other = store.acquire();
            assertThat(name(other)).matches("s[A-Za-z0-9_-]{11}").isNotEqualTo(name(lease));
            assertThat(names("free")).isEqualTo(before);
            assertThat(names("used")).contains("sdirectory", "slink", "x" + name(lease));
            assertThat(names("c")).contains("sdirectory", "slink", "x" + name(lease));
            other.discard();
            lease.discard();
        }

        @Test
        void fileInTheSocketsPlaceIsLeftAloneAndAnotherLeaseUsed() throws IOException {
            Lease first = store.acquire();
            Files.writeString(first.socket(), "precious");
            first.release();
            Lease second = store.acquire();
            assertThat(second.socket()).isNotEqualTo(first.socket());
            assertThat(first.socket()).hasContent("precious");
            warm(second);
            second.release();
            // The good one goes on being found behind the bad one.
            Lease third = store.acquire();
            assertThat(third.socket()).isEqualTo(second.socket());
            assertThat(first.socket()).hasContent("precious");
            third.release();

            // Once it is out of the way the path serves again.
            Files.delete(first.socket());
            warm(first);
            Lease a = store.acquire();
            Lease b = store.acquire();
            assertThat(Set.of(a.socket(), b.socket())).contains(first.socket());
            a.release();
            b.release();
        }

        @Test
        void linkInTheSocketsPlaceIsNotFollowed() throws IOException {
            Path real = temp.resolve("elsewhere");
            UnixSockets.make(real);
            Lease first = store.acquire();
            Files.createSymbolicLink(first.socket(), real);
            first.release();
            Lease second = store.acquire();
            assertThat(second.socket()).isNotEqualTo(first.socket());
            assertThat(first.socket()).isSymbolicLink();
            assertThat(real).exists();
            second.discard();
        }

        @ParameterizedTest
        @ValueSource(strings = {"s[", "s{", "s*", "s\\"})
        void fileWithAnOddNameIsNoObstacle(String odd) throws IOException {
            Lease lease = store.acquire();
            lease.discard();
            Path litter = lease.socket().resolveSibling("sOther.0123456789abcdef");
            Files.createFile(litter);
            Files.createFile(free(lease).resolveSibling(odd));
            Lease other = store.acquire();
            other.discard();
            assertThat(litter).as("what another name has left").exists();
        }
    }

    @Nested
    class Ending {
        @Test
        void secondReleaseTakesNothingFromTheNextOwner() {
            Lease first = warm(store.acquire());
            first.release();
            Lease second = store.acquire();
            assertThat(second.socket()).isEqualTo(first.socket());
            first.release();
            first.discard();
            assertThat(used(second)).exists();
            assertThat(second.socket()).exists();
            Lease third = store.acquire();
            assertThat(third.socket()).isNotEqualTo(second.socket());
            assertThat(anotherJvmGets()).isNotEqualTo(second.socket());
            third.discard();
            second.release();
        }

        @Test
        void releaseWithoutTheLockFileIsHarmless() throws IOException {
            Lease lease = warm(store.acquire());
            Files.delete(used(lease));
            assertThatCode(lease::release).doesNotThrowAnyException();
            assertThat(names("free")).isEmpty();
        }

        @Test
        void releaseWithoutTheDirectoriesIsHarmless() throws IOException {
            Lease lease = store.acquire();
            deleteNamespace(lease);
            assertThatCode(lease::release).doesNotThrowAnyException();
        }

        @Test
        void discardWithoutTheDirectoriesIsHarmless() throws IOException {
            Lease lease = store.acquire();
            deleteNamespace(lease);
            assertThatCode(lease::discard).doesNotThrowAnyException();
        }

        private void deleteNamespace(Lease lease) throws IOException {
            Files.delete(used(lease));
            Files.delete(lease.socket().resolveSibling(name(lease) + ".owner"));
            Files.delete(lease.socket().resolveSibling(name(lease) + ".running"));
            for (String directory : List.of("c", "free", "used")) {
                Files.delete(namespace(lease).resolve(directory));
            }
        }

        @Test
        void releaseNeverOverwritesANameInFree() throws IOException {
            Lease lease = warm(store.acquire());
            Files.writeString(free(lease), "somebody else's");
            lease.release();
            assertThat(free(lease)).hasContent("somebody else's");
            assertThat(used(lease)).exists();
            Lease next = store.acquire();
            assertThat(next.socket()).isEqualTo(lease.socket());
            // The file in free/ is another one, whose lock would be worth nothing.
            assertThat(anotherJvmGets()).isNotEqualTo(lease.socket());
            next.release();
            assertThat(free(lease)).hasContent("somebody else's");
        }

        @Test
        void failedReleaseSaysWhyAndUnlocksAllTheSame() throws IOException {
            Lease lease = warm(store.acquire());
            Path free = namespace(lease).resolve("free");
            Files.delete(free);
            Files.createFile(free);
            SocketDirectoryException e = catchThrowableOfType(SocketDirectoryException.class, lease::release);
            assertThat(e).hasMessageContaining(lease.socket().toString());
            Files.delete(free);
            Lease next = store.acquire();
            assertThat(next.socket()).isEqualTo(lease.socket());
            next.discard();
        }

        @Test
        void discardRemovesLockFileSocketAndWhatStartsHaveLeft() throws IOException {
            Lease lease = warm(store.acquire());
            Lease other = warm(store.acquire());
            Path halfBound = lease.socket().resolveSibling(name(lease) + ".0123456789abcdef");
            Files.createFile(halfBound);
            lease.discard();
            assertThat(names("used")).containsExactly(name(other));
            assertThat(names("free")).isEmpty();
            assertThat(names("c"))
                    .containsExactlyInAnyOrder(name(other), name(other) + ".owner", name(other) + ".running");
            lease.release();
            assertThat(names("free")).isEmpty();
            other.discard();
        }

        @Test
        void discardLeavesAFileInTheSocketsPlace() throws IOException {
            Lease lease = store.acquire();
            Files.writeString(lease.socket(), "precious");
            lease.discard();
            assertThat(lease.socket()).hasContent("precious");
        }

        @Test
        void touchMakesTheSocketFreshAndAMissingOneIsNoError() throws IOException {
            Lease lease = store.acquire();
            assertThatCode(lease::touch).doesNotThrowAnyException();
            assertThat(lease.socket()).doesNotExist();
            warm(lease);
            setTime(lease.socket(), Instant.now().minus(Duration.ofDays(2)));
            lease.touch();
            assertThat(Files.getLastModifiedTime(lease.socket()).toInstant())
                    .isAfter(Instant.now().minus(Duration.ofHours(1)));
            assertThat(anotherJvmGets()).as("touching kept the lock").isNotEqualTo(lease.socket());
            lease.discard();
        }
    }

    @Nested
    class OneLockPerJvm {
        @Test
        void lockFileIsNotOpenedASecondTimeInThisJvm() throws IOException {
            Lease lease = warm(store.acquire());
            String key = LeaseStore.key(namespace(lease), name(lease));
            assertThat(LockFile.tryOpen(namespace(lease).resolve("used"), name(lease), key, false))
                    .isEqualTo(new LockFile.Held());
            assertThat(OwnerNote.read(lease.socket()).pool()).isEqualTo(DESCRIPTION);
            // Had it been opened and closed, the lock would be gone, which only another process can see.
            assertThat(anotherJvmGets()).isNotEqualTo(lease.socket());
            lease.release();
            assertThat(anotherJvmGets()).isEqualTo(lease.socket());
        }

        @Test
        void copiesOfTheLibraryInOtherClassLoadersShareTheLeases() throws Exception {
            URL classes = OtherJvm.location(LeaseStore.class).toUri().toURL();
            try (URLClassLoader loader =
                    new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader())) {
                OtherCopy copy = new OtherCopy(loader, root);
                Lease ours = warm(store.acquire());

                Object theirs = copy.acquire();
                Path theirSocket = copy.socket(theirs);
                assertThat(theirSocket).isNotEqualTo(ours.socket());
                UnixSockets.make(theirSocket);
                assertThat(anotherJvmGets()).isNotIn(ours.socket(), theirSocket);

                ours.release();
                Object again = copy.acquire();
                assertThat(copy.socket(again)).isEqualTo(ours.socket());
                Lease more = store.acquire();
                assertThat(more.socket()).isNotIn(ours.socket(), theirSocket);
                more.discard();

                copy.release(theirs);
                Lease handedOver = store.acquire();
                assertThat(handedOver.socket()).isEqualTo(theirSocket);
                handedOver.release();
                copy.release(again);
            }
        }
    }

    /** The lease classes once more, by reflection. */
    private static final class OtherCopy {
        private final Object store;

        OtherCopy(ClassLoader loader, Path root) throws ReflectiveOperationException {
            Class<?> type = loader.loadClass(LeaseStore.class.getName());
            assertThat(type).isNotSameAs(LeaseStore.class);
            store = type.getConstructor(Path.class, String.class, String.class, Duration.class)
                    .newInstance(root, MODE, DESCRIPTION, PERSIST);
        }

        Object acquire() throws ReflectiveOperationException {
            return store.getClass().getMethod("acquire").invoke(store);
        }

        Path socket(Object lease) throws ReflectiveOperationException {
            return (Path) lease.getClass().getMethod("socket").invoke(lease);
        }

        void release(Object lease) throws ReflectiveOperationException {
            lease.getClass().getMethod("release").invoke(lease);
        }
    }

    @Nested
    class Safety {
        @Test
        void linkInTheRootsPlaceIsRefused() throws IOException {
            Path real = Files.createDirectory(
                    temp.resolve("real"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.createSymbolicLink(root, real);
            assertRefused(root, store, "symbolic link", "real directory");
            assertRefused(root, store(Path.of(root + "/")), "symbolic link", "real directory");
            assertRefused(root, store(root.resolve(".")), "symbolic link", "real directory");
            assertThat(real).isEmptyDirectory();
        }

        @Test
        void linkToNowhereInTheRootsPlaceIsRefused() throws IOException {
            Files.createSymbolicLink(root, temp.resolve("nowhere"));
            assertRefused(root, store, "symbolic link", "real directory");
            assertThat(temp.resolve("nowhere")).doesNotExist();
        }

        @Test
        void fileInTheRootsPlaceIsRefused() throws IOException {
            Files.writeString(root, "precious");
            assertRefused(root, store, "regular file", "real directory");
            assertThat(root).hasContent("precious");
        }

        @ParameterizedTest
        @CsvSource({"rwxr-xr-x, 0755", "rwx--x---, 0710", "rwx-----x, 0701", "rw-------, 0600", "r-x------, 0500"})
        void anyOtherModeOfTheRootIsRefusedAndNotMended(String permissions, String octal) throws IOException {
            Files.createDirectory(root);
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString(permissions));
            assertRefused(root, store, octal, "0700", "chmod 700 " + root);
            assertThat(mode(root)).isEqualTo(permissions);
        }

        @ParameterizedTest
        @ValueSource(ints = {01700, 02700, 04700})
        void remedyNamedForABadModeIsOneThatWorks(int bits) throws Exception {
            Files.createDirectory(root);
            Files.setAttribute(root, "unix:mode", bits);
            SocketDirectoryException e = assertRefused(root, store, String.format("%04o", bits), "chmod");
            String message = String.valueOf(e.getMessage());
            String remedy = message.substring(message.indexOf("chmod"), message.indexOf(", or choose"));
            assertThat(new ProcessBuilder("/bin/sh", "-c", remedy).start().waitFor())
                    .isZero();
            assertThatCode(() -> store.acquire().discard()).as(remedy).doesNotThrowAnyException();
        }

        @Test
        void foreignOwnersRootIsRefused() throws IOException {
            assumeTrue(User.id() == 0, "only root can give a directory away");
            Files.createDirectory(
                    root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.setAttribute(root, "unix:uid", 12345);
            assertRefused(root, store, "uid 12345", "uid 0");
            assertThat(Files.getAttribute(root, "unix:uid")).isEqualTo(12345);
        }

        @ParameterizedTest
        @CsvSource({"rwxrwx---, 0770", "rwx----w-, 0702", "rwxrwxrwx, 0777"})
        void rootBelowWhatOthersMayWriteToIsRefused(String permissions, String octal) throws IOException {
            Path above = Files.createDirectory(temp.resolve("a"));
            Path deep = above.resolve("b/c");
            Files.setPosixFilePermissions(above, PosixFilePermissions.fromString(permissions));
            SocketDirectoryException e = assertRefused(deep, store(deep), octal, "chmod go-w");
            assertThat(e).hasMessageContaining(above + " above it");
            assertThat(mode(above)).isEqualTo(permissions);

            Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxr-xr-x"));
            store(deep).acquire().discard();
        }

        @Test
        void rootBelowAStickyPlaceForAllIsFine() throws IOException {
            Path above = Files.createDirectory(temp.resolve("a"));
            Files.setAttribute(above, "unix:mode", 01777);
            store(above.resolve("b")).acquire().discard();
        }

        @Test
        void rootBelowAForeignersDirectoryIsRefused() throws IOException {
            assumeTrue(User.id() == 0, "only root can give a directory away");
            Path above = Files.createDirectory(temp.resolve("a"));
            Files.setAttribute(above, "unix:uid", 12345);
            assertRefused(above.resolve("b"), store(above.resolve("b")), "uid 12345", "above it must belong to root");
        }

        @Test
        void rootBehindALinkThatOthersMayPutElsewhereIsRefused() throws IOException {
            Path good = Files.createDirectory(temp.resolve("good"));
            Path open = Files.createDirectory(temp.resolve("open"));
            Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
            Path link = Files.createSymbolicLink(open.resolve("link"), good);
            assertRefused(link.resolve("r"), store(link.resolve("r")), "0777", "chmod go-w " + open);
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 2, 3, 4, 5})
        void everyLevelIsCheckedLikeTheRoot(int level) throws IOException {
            Lease lease = warm(store.acquire());
            lease.release();
            Path directory = levels(lease).get(level);

            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-x---"));
            assertRefused(directory, store, "0750", "0700");
            assertThat(mode(directory)).isEqualTo("rwxr-x---");
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));

            if (User.id() == 0) {
                Files.setAttribute(directory, "unix:uid", 12345);
                assertRefused(directory, store, "uid 12345", "uid 0");
                Files.setAttribute(directory, "unix:uid", 0);
            }

            Path aside = temp.resolve("aside");
            Files.move(directory, aside);
            Files.createSymbolicLink(directory, aside);
            assertRefused(directory, store, "symbolic link", "real directory");
            Files.delete(directory);
            Files.writeString(directory, "precious");
            assertRefused(directory, store, "regular file", "real directory");
            Files.delete(directory);
            Files.move(aside, directory);

            Lease again = store.acquire();
            assertThat(again.socket()).isEqualTo(lease.socket());
            again.release();
        }

        @Test
        void longestPathWithinBudgetLeavesRoomForWhatAMasterBindsFirst() {
            int budget = MAC ? 86 : 90;
            int sunPath = MAC ? 104 : 108;
            Lease lease = store(rootForSocketPathOf(budget)).acquire();
            assertThat(lease.socket().toString().getBytes(US_ASCII)).hasSize(budget);
            // A dot, 16 random characters and NUL. (Java itself cannot bind the last byte of what ssh can.)
            assertThat(budget + 1 + 16 + 1).isLessThanOrEqualTo(sunPath);
            assertThatCode(() -> warm(lease)).doesNotThrowAnyException();
            lease.discard();
        }

        @Test
        void directoriesMadeBelowASetgidParentAreUsable() throws IOException {
            Files.setAttribute(temp.path(), "unix:mode", 02700);
            assertThatCode(() -> store.acquire().discard()).doesNotThrowAnyException();
            assertThat(Files.getAttribute(root, "unix:mode")).isEqualTo(040700);
        }

        @Test
        void pathOverBudgetIsRefusedWithBothSizesAndNothingMade() {
            int budget = MAC ? 86 : 90;
            Path deep = rootForSocketPathOf(budget + 1);
            int roomForRoot = deep.toString().length() - 1;
            SocketDirectoryException e = assertRefused(
                    deep, store(deep), (budget + 1) + " bytes", "at most " + budget, "at most " + roomForRoot);
            assertThat(e).hasMessageContaining("socketDir");
            assertThat(deep).doesNotExist();
        }

        @Test
        void budgetIsCountedInBytesNotCharacters() {
            assumeFalse(
                    System.getProperty("sun.jnu.encoding", "").startsWith("ANSI"),
                    "no path of this locale has other letters");
            int budget = MAC ? 86 : 90;
            String ascii = rootForSocketPathOf(budget).toString();
            Path deep = Path.of(ascii.substring(0, ascii.length() - 1) + "\u00e9");
            assertRefused(deep, store(deep), (budget + 1) + " bytes", "at most " + budget);
            assertThat(deep).doesNotExist();
        }

        @Test
        void placeThatCannotBeWrittenIsNamedWithTheReason() {
            assumeTrue(LINUX, "/proc is where not even root can make a directory");
            Path hopeless = Path.of("/proc/muxpool");
            SocketDirectoryException e = assertRefused(hopeless, store(hopeless), "socketDir");
            assertThat(e).hasCauseInstanceOf(IOException.class);
        }

        @Test
        void refusedDirectoryIsNotRetrySafe() throws IOException {
            Files.createFile(root);
            assertThat(assertRefused(root, store, "regular file").retrySafe()).isFalse();
        }

        private SocketDirectoryException assertRefused(Path directory, LeaseStore store, String... words) {
            SocketDirectoryException e = catchThrowableOfType(SocketDirectoryException.class, store::acquire);
            assertThat(e).isNotNull().hasMessageContaining(directory.toString()).hasMessageContainingAll(words);
            return e;
        }

        private Path rootForSocketPathOf(int bytes) {
            int below = ("/" + MODE + "/" + "n".repeat(22) + "/c/" + "s".repeat(12)).length();
            String start = temp.path() + "/";
            return Path.of(start + "r".repeat(bytes - below - start.length()));
        }

        private List<Path> levels(Lease lease) {
            Path namespace = namespace(lease);
            return List.of(
                    root,
                    root.resolve(MODE),
                    namespace,
                    namespace.resolve("c"),
                    namespace.resolve("free"),
                    namespace.resolve("used"));
        }
    }

    private static LeaseStore store(Path root) {
        return new LeaseStore(root, MODE, DESCRIPTION, PERSIST);
    }

    private static Lease warm(Lease lease) {
        UnixSockets.make(lease.socket());
        return lease;
    }

    /** The path that another process is given now; it ends, and gives it back, before this returns. */
    private Path anotherJvmGets() {
        try (OtherJvm other = OtherJvm.start(LeaseWorker.class, List.of(), "hold", root.toString(), DESCRIPTION, "1")) {
            String line = other.lines(1).get(0);
            assertThat(other.finish()).isZero();
            return Path.of(line.substring(0, line.lastIndexOf(' ')));
        }
    }

    private static Path namespace(Lease lease) {
        return lease.socket().resolve("../..").normalize();
    }

    private static String name(Lease lease) {
        return lease.socket().getFileName().toString();
    }

    private static Path used(Lease lease) {
        return namespace(lease).resolve("used").resolve(name(lease));
    }

    private static Path free(Lease lease) {
        return namespace(lease).resolve("free").resolve(name(lease));
    }

    private List<String> names(String directory) throws IOException {
        try (Stream<Path> namespaces = Files.list(root.resolve(MODE))) {
            Path namespace = namespaces.findFirst().orElseThrow();
            try (Stream<Path> files = Files.list(namespace.resolve(directory))) {
                return files.map(file -> file.getFileName().toString()).sorted().toList();
            }
        }
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
    }

    private static void setTime(Path socket, Instant time) throws IOException {
        Files.setLastModifiedTime(socket, FileTime.from(time));
    }
}
