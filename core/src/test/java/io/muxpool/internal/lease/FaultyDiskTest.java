package io.muxpool.internal.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.muxpool.SocketDirectoryException;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Leases on a disk that refuses, or says other than it does: nobody ever gets one that another holds. */
class FaultyDiskTest {
    @RegisterExtension
    static final LeakCheck LEAKS = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final FaultyDisk disk = new FaultyDisk();
    private final Path root = temp.resolve("r");
    private final LeaseStore store = new LeaseStore(disk.on(root), "p", "d#u@h###p", Duration.ofSeconds(600));

    @AfterEach
    void deleteDirectory() {
        temp.close();
    }

    private Lease warm() {
        Lease lease = store.acquire();
        UnixSockets.make(FaultyDisk.real(lease.socket()));
        return lease;
    }

    private long files(String directory) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> file.toString().contains("/" + directory + "/"))
                    .count();
        }
    }

    @Test
    void healthyDiskGivesTheWarmLeaseBack() {
        Lease lease = warm();
        Path socket = lease.socket();
        lease.release();
        Lease again = store.acquire();
        assertThat(again.socket().toString()).isEqualTo(socket.toString());
        again.release();
    }

    @Test
    void diskWithoutLocksIsAnErrorThatSaysSoAndLeavesNoDescriptor() throws IOException {
        disk.breaks(FaultyDisk.Fault.NO_LOCKS);
        for (int i = 0; i < 3; i++) {
            assertThatExceptionOfType(SocketDirectoryException.class)
                    .isThrownBy(store::acquire)
                    .withMessageMatching("cannot take a lease in \\S+: No locks available\\..* support POSIX locks.*");
        }
        disk.mend();
        store.acquire().discard();
        assertThat(files("used")).as("what failed before is pruned").isZero();
    }

    @Test
    void warmLeaseThatCannotBeMovedIsAnErrorAndIsThereWhenTheDiskIsMended() {
        Lease lease = warm();
        String socket = lease.socket().toString();
        lease.release();
        disk.breaks(FaultyDisk.Fault.NO_RENAMES);
        assertThatExceptionOfType(SocketDirectoryException.class)
                .isThrownBy(store::acquire)
                .withMessageContaining(": FileSystemException: ")
                .withMessageContaining("Input/output error");
        disk.mend();
        Lease again = store.acquire();
        assertThat(again.socket().toString()).isEqualTo(socket);
        again.release();
    }

    @Test
    void leaseThatCannotBeGivenBackIsUnlockedAllTheSame() {
        Lease lease = warm();
        String socket = lease.socket().toString();
        disk.breaks(FaultyDisk.Fault.NO_RENAMES);
        assertThatExceptionOfType(SocketDirectoryException.class).isThrownBy(lease::release);
        disk.mend();
        // From used/, where it stayed, as that of one who died.
        Lease again = store.acquire();
        assertThat(again.socket().toString()).isEqualTo(socket);
        again.release();
    }

    @Test
    void renameThatIsDoneThoughTheDiskSaysItIsNotLosesNoLeaseAndGivesNoneTwice() {
        Lease lease = warm();
        String socket = lease.socket().toString();
        lease.release();
        disk.breaks(FaultyDisk.Fault.RENAMES_ANSWERED_LATE);
        Lease first = store.acquire();
        Lease second = store.acquire();
        // Found in used/, where the rename has put it.
        assertThat(first.socket().toString()).isEqualTo(socket);
        assertThat(second.socket().toString()).isNotEqualTo(socket);
        disk.mend();
        first.discard();
        second.discard();
    }

    @Test
    void leaseGivenBackByARenameThatTheDiskDeniesIsThereForTheNext() {
        Lease lease = warm();
        String socket = lease.socket().toString();
        disk.breaks(FaultyDisk.Fault.RENAMES_ANSWERED_LATE);
        lease.release();
        disk.mend();
        Lease again = store.acquire();
        assertThat(again.socket().toString()).isEqualTo(socket);
        again.discard();
    }
}
