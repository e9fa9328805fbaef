package io.muxpool.internal.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * NIO closes the channel of an interrupted thread, and a closed descriptor drops the process's lock in silence: the lease
 * would look held and be anybody's. The kernel's own list says which it is.
 */
final class LeaseInterruptTest {
    private static final Path LOCKS = Path.of("/proc/locks");

    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();

    @BeforeEach
    void needsTheKernelsList() {
        assumeTrue(Files.isReadable(LOCKS), "only Linux lists its locks in /proc/locks");
    }

    @AfterEach
    void remove() {
        temp.close();
    }

    @Test
    void aLeaseTakenByAnInterruptedThreadIsLocked() throws IOException {
        LeaseStore store = new LeaseStore(temp.path(), "process", "dst#box###pool", Duration.ofMinutes(10));
        Thread.currentThread().interrupt();
        Lease lease = store.acquire();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(isLocked(lease)).isTrue();
        lease.discard();
    }

    @Test
    void aCensusByAnInterruptedThreadLeavesTheLocksOfItsProcess() throws IOException {
        LeaseStore store = new LeaseStore(temp.path(), "process", "dst#box###pool", Duration.ofMinutes(10));
        Lease lease = store.acquire();
        Thread.currentThread().interrupt();
        assertThat(LeaseCensus.take(temp.path()))
                .singleElement()
                .satisfies(entry -> assertThat(entry.held()).isTrue());
        assertThat(Thread.interrupted()).isTrue();
        assertThat(isLocked(lease)).isTrue();
        lease.discard();
    }

    private static boolean isLocked(Lease lease) throws IOException {
        Path file = lease.socket()
                .resolveSibling("../used")
                .resolve(lease.socket().getFileName())
                .normalize();
        String inode = ":" + Files.getAttribute(file, "unix:ino") + " ";
        String pid = " " + ProcessHandle.current().pid() + " ";
        return Files.readString(LOCKS).lines().anyMatch(line -> line.contains(inode) && line.contains(pid));
    }
}
