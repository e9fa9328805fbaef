package io.muxpool.internal.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.muxpool.SocketDirectoryException;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Another process moves or removes a lock file between the moment it is opened and the moment it is locked. */
class LeaseRaceTest {
    @RegisterExtension
    static final LeakCheck LEAKS = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final FaultyDisk disk = new FaultyDisk(Raced::new);
    private final LeaseStore store =
            new LeaseStore(disk.on(temp.resolve("r")), "p", "d#u@h###p", Duration.ofMinutes(10));
    private int races;
    private int locked;
    private Other other = () -> {};

    @FunctionalInterface
    private interface Other {
        void comes() throws IOException;
    }

    private final class Raced extends FaultyDisk.Opened {
        Raced(FileChannel file) {
            super(file);
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
            if (locked++ < races) {
                other.comes();
            }
            return super.tryLock(position, size, shared);
        }
    }

    @AfterEach
    void deleteDirectory() {
        temp.close();
    }

    /** The other comes to so many locks from now on. */
    private void race(int times, Other how) {
        locked = 0;
        races = times;
        other = how;
    }

    @Test
    void newLeaseWhoseFileIsPrunedBeforeItIsLockedIsMadeAnew() {
        Path used = warmAndFree().resolveSibling("../used").normalize();
        store.acquire().discard();
        race(3, () -> prune(used));
        Lease lease = store.acquire();
        assertThat(locked).isEqualTo(4);
        assertThat(file("used", lease.socket())).exists();
        lease.discard();
    }

    @Test
    void newLeaseIsGivenUpWhenItIsPrunedAHundredTimes() {
        Path used = warmAndFree().resolveSibling("../used").normalize();
        store.acquire().discard();
        race(Integer.MAX_VALUE, () -> prune(used));
        assertThatExceptionOfType(SocketDirectoryException.class)
                .isThrownBy(store::acquire)
                .withMessageContaining("no new lease could be kept in 100 tries");
        assertThat(locked).isEqualTo(100);
    }

    @Test
    void leaseThatItsOwnerGivesBackMeanwhileIsNotTakenByItsOldPlace() throws IOException {
        Path socket = warmAndFree();
        // As if its owner had it, and then as if the owner's release was done, lock and all.
        Files.move(file("free", socket), file("used", socket));
        race(1, () -> Files.move(file("used", socket), file("free", socket)));
        Lease lease = store.acquire();
        assertThat(lease.socket()).isNotEqualTo(socket);
        assertThat(file("used", lease.socket())).exists();
        assertThat(file("free", socket)).exists();
        lease.discard();
    }

    @Test
    void leaseWhoseFileIsRemovedMeanwhileIsNotGiven() throws IOException {
        Path socket = warmAndFree();
        race(1, () -> Files.delete(file("free", socket)));
        Lease lease = store.acquire();
        assertThat(lease.socket()).isNotEqualTo(socket);
        assertThat(file("used", lease.socket())).exists();
        lease.discard();
    }

    private Path warmAndFree() {
        Lease lease = store.acquire();
        Path socket = FaultyDisk.real(lease.socket());
        UnixSockets.make(socket);
        lease.release();
        return socket;
    }

    private static Path file(String directory, Path socket) {
        Path real = FaultyDisk.real(socket);
        return real.resolveSibling("../" + directory)
                .resolve(real.getFileName())
                .normalize();
    }

    private static void prune(Path used) throws IOException {
        try (Stream<Path> all = Files.list(used)) {
            List<Path> files = all.toList();
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }
}
