package io.muxpool.internal.lease;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.OtherJvm;
import io.muxpool.testkit.FullRun;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Leases among several processes, and what is left of those that die. */
@Timeout(1200)
class LeaseExclusivityTest {
    private static final String DESCRIPTION = "dst#u@h###pool";
    private static final int JVMS = 8;
    private static final int THREADS = 8;

    /** How long they go on, in seconds. */
    private static final int SECONDS = Integer.getInteger("muxpool.leases", 10);

    private static final int KILLS_A_SECOND = 2;

    /** Leases that those make at least who live to say it. */
    private static final int ENOUGH = 1000;

    @RegisterExtension
    static final LeakCheck LEAKS = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final Path root = temp.resolve("r");
    private final LeaseStore store = new LeaseStore(root, LeaseWorker.MODE, DESCRIPTION, LeaseWorker.PERSIST);

    @AfterEach
    void deleteDirectory() {
        temp.close();
    }

    /**
     * That this can fail was seen by breaking the code. Without {@code tryLock} it does. With {@code LockRegistry.reserve}
     * always saying yes it does not yet, since {@code LockFile} parks a channel whose lock overlaps; with that channel
     * closed instead it does: closing it drops the lock that another thread of the process has on the file.
     */
    @FullRun("leases among processes that are killed")
    @Test
    @SuppressWarnings("SystemOut") // the figures are what a long run is for
    void noTwoThreadsOfEightProcessesEverHoldTheSameLeaseWhileProcessesAreKilled() throws Exception {
        Path markers = Files.createDirectory(temp.resolve("markers"));
        List<OtherJvm> workers = new ArrayList<>();
        Random random = new Random(3);
        long leases = 0;
        int kills = 0;
        try {
            for (int i = 0; i < JVMS; i++) {
                workers.add(worker("prove", THREADS, markers.toString()));
            }
            for (; kills < SECONDS * KILLS_A_SECOND; kills++) {
                // The moment of death is what is random here; nothing waits for anything.
                Thread.sleep(random.nextInt(2 * 1000 / KILLS_A_SECOND));
                int victim = random.nextInt(JVMS);
                assertThat(workers.get(victim).line()).isEqualTo("up");
                workers.get(victim).kill();
                workers.get(victim).close();
                workers.set(victim, worker("prove", THREADS, markers.toString()));
            }
            for (OtherJvm worker : workers) {
                assertThat(worker.line()).isEqualTo("up");
                assertThat(worker.finish()).isZero();
                leases += Long.parseLong(Objects.requireNonNull(worker.line()).split(" ", -1)[0]);
            }
        } finally {
            workers.forEach(OtherJvm::close);
        }
        try (Stream<Path> files = Files.list(markers)) {
            assertThat(files.filter(file -> file.getFileName().toString().startsWith("violation")))
                    .as("violations in %s leases of those who live, %s killed", leases, kills)
                    .isEmpty();
        }
        System.out.printf(
                "%d processes of %d threads: %d leases by those who lived, %d killed, no violation; %d lease files left%n",
                JVMS,
                THREADS,
                leases,
                kills,
                names("free").size() + names("used").size());
        assertThat(leases).isGreaterThanOrEqualTo(ENOUGH);
        // A scan passes by what another one is just looking at, so there may be some more than were ever held at once.
        assertThat(names("free").size() + names("used").size()).isLessThanOrEqualTo(3 * JVMS * THREADS);
    }

    @Test
    void nextProcessSalvagesTheVeryPathsOfOneThatWasKilledWithTheirMastersStillThere() throws IOException {
        List<ServerSocketChannel> masters = new ArrayList<>();
        try (OtherJvm killed = worker("hold", 2)) {
            Set<Path> paths = paths(killed.lines(2));
            // Masters are no children of the process that started them: they live on.
            paths.forEach(path -> masters.add(UnixSockets.listen(path)));
            assertThat(names("used")).hasSize(2);
            killed.kill();

            try (OtherJvm next = worker("hold", 2)) {
                List<String> lines = next.lines(2);
                assertThat(lines).allSatisfy(line -> assertThat(line).endsWith(" live"));
                assertThat(paths(lines)).isEqualTo(paths);
                next.kill();
            }
            Lease first = store.acquire();
            Lease second = store.acquire();
            assertThat(Set.of(first.socket(), second.socket())).isEqualTo(paths);
            assertThat(paths).allMatch(UnixSockets::isLive);
            first.release();
            second.release();
        } finally {
            for (ServerSocketChannel master : masters) {
                master.close();
            }
        }
    }

    @Test
    void processThatEndsInOrderHandsItsWarmPathsOn() throws IOException {
        try (OtherJvm first = worker("hold", 1);
                ServerSocketChannel master =
                        UnixSockets.listen(paths(first.lines(1)).iterator().next())) {
            assertThat(first.finish()).isZero();
            try (OtherJvm second = worker("hold", 1)) {
                assertThat(second.lines(1)).containsExactly(path(master) + " live");
            }
        }
    }

    @FullRun("leases among processes that crash")
    @Test
    void stormOfCrashesLeavesTheDirectoriesBounded() throws IOException {
        int atOnce = 5;
        int threads = 4;
        Random random = new Random(7);
        for (int wave = 0; wave < 6; wave++) {
            List<OtherJvm> workers = new ArrayList<>();
            try {
                for (int i = 0; i < atOnce; i++) {
                    workers.add(worker("storm", threads));
                }
                for (OtherJvm worker : workers) {
                    assertThat(worker.line()).isEqualTo("up");
                    // The moment of death is what is random here; nothing waits for anything.
                    LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(60)));
                    worker.kill();
                }
            } finally {
                workers.forEach(OtherJvm::close);
            }
        }
        store.acquire().release();

        Set<String> free = names("free");
        Set<String> used = names("used");
        assertThat(free).doesNotContainAnyElementsOf(used);
        Set<String> leases = new HashSet<>(free);
        leases.addAll(used);
        // About as many as were held at one time, however many waves: what one leaves, the next salvages or prunes.
        assertThat(leases).isNotEmpty().hasSizeLessThanOrEqualTo(2 * atOnce * threads);
        // Sockets, and the notes beside them.
        Set<String> owners = new HashSet<>();
        names("c").forEach(name -> owners.add(name.replaceFirst("\\.(owner|running|login)$", "")));
        assertThat(leases).as("what has no lock file is lost for good").containsAll(owners);

        List<Lease> all = new ArrayList<>();
        leases.forEach(lease -> all.add(store.acquire()));
        all.forEach(Lease::discard);
        assertThat(names("free")).isEmpty();
        assertThat(names("c")).isEmpty();
        assertThat(names("used")).isEmpty();
    }

    private OtherJvm worker(String mode, int number, String... more) {
        List<String> args = new ArrayList<>(List.of(mode, root.toString(), DESCRIPTION, Integer.toString(number)));
        args.addAll(List.of(more));
        return OtherJvm.start(LeaseWorker.class, List.of(), args.toArray(String[]::new));
    }

    private static Set<Path> paths(List<String> lines) {
        return lines.stream()
                .map(line -> Path.of(line.substring(0, line.lastIndexOf(' '))))
                .collect(toSet());
    }

    private static String path(ServerSocketChannel server) throws IOException {
        return server.getLocalAddress().toString();
    }

    private Set<String> names(String directory) throws IOException {
        try (Stream<Path> namespaces = Files.list(root.resolve(LeaseWorker.MODE))) {
            Path namespace = namespaces.findFirst().orElseThrow();
            try (Stream<Path> files = Files.list(namespace.resolve(directory))) {
                return files.map(file -> file.getFileName().toString()).collect(toSet());
            }
        }
    }
}
