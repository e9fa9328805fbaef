package io.muxpool.internal.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Somebody in this JVM comes at the very moment at which another opens, locks or closes the lock file. */
class LockFileTest {
    private final ShortTemp temp = ShortTemp.create();
    private final FaultyDisk disk = new FaultyDisk(Watched::new);
    private final List<LockFile.Attempt> others = new ArrayList<>();
    private int opened;

    @AfterEach
    void removeFiles() {
        temp.close();
    }

    @Test
    void nobodyOpensWhatIsBeingOpenedLockedOrClosed() throws IOException {
        Files.createFile(temp.resolve("s"));
        LockFile.Attempt attempt = tryOpen();
        assertThat(attempt).isInstanceOf(LockFile.Locked.class);
        ((LockFile.Locked) attempt).file().close();
        assertThat(others).hasSize(3).allMatch(other -> other instanceof LockFile.Held);
        assertThat(opened).isOne();
    }

    @Test
    void whatThisJvmLockedPastTheRegistryPassesForHeldAndIsNotClosed() throws IOException {
        Path file = Files.createFile(temp.resolve("past"));
        List<FileChannel> parked = new ArrayList<>();
        FaultyDisk watched = new FaultyDisk(channel -> {
            parked.add(channel);
            return new FaultyDisk.Opened(channel);
        });
        try (FileChannel past = FileChannel.open(file, StandardOpenOption.WRITE)) {
            assertThat(past.tryLock()).isNotNull();
            for (int i = 0; i < 2; i++) {
                assertThat(LockFile.tryOpen(watched.on(temp.path()), "past", "past", false))
                        .isEqualTo(new LockFile.Held());
            }
            // To close any descriptor of the file would drop the lock.
            assertThat(parked)
                    .singleElement()
                    .satisfies(channel -> assertThat(channel.isOpen()).isTrue());
        } finally {
            LockRegistry.free("past");
            for (FileChannel channel : parked) {
                channel.close();
            }
        }
    }

    private LockFile.Attempt tryOpen() throws IOException {
        return LockFile.tryOpen(disk.on(temp.path()), "s", "s", false);
    }

    private final class Watched extends FaultyDisk.Opened {
        private final boolean first = opened++ == 0;

        Watched(FileChannel file) {
            super(file);
            try {
                anotherComes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
            anotherComes();
            return super.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            anotherComes();
            super.implCloseChannel();
        }

        private void anotherComes() throws IOException {
            if (first) {
                others.add(tryOpen());
            }
        }
    }
}
