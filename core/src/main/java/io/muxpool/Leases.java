package io.muxpool;

import io.muxpool.internal.lease.Lease;
import io.muxpool.internal.lease.LeaseCensus;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.internal.unix.SocketClients;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A look at the warm connections that this user's processes have and have left. Thread-safe. */
public final class Leases {
    private static final long TO_SEE_AN_END_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long TO_LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private Leases() {}

    /**
     * Every lease under a socket directory, of whichever process; none when the directory is not there. Takes nothing
     * from anybody; a free lease is locked for a moment to see that it is, and a process that looks for one just then goes
     * on to the next. Blocks for up to 5 s for each master that hangs.
     *
     * @throws SocketDirectoryException when the directory is not safe or not readable
     */
    public static List<LeaseInfo> list(Path socketDir) {
        return LeaseCensus.take(socketDir).stream().map(Leases::info).toList();
    }

    /**
     * Ends the masters that no process holds, and removes their leases. Those that are held are not touched, nor those on
     * which another program runs something (an {@code ssh -S} with that socket), which Linux tells; elsewhere only leases
     * count. Blocks for up to 5 s for each master that hangs.
     *
     * @return what was ended
     * @throws SocketDirectoryException when the directory is not safe or not readable
     */
    public static List<LeaseInfo> stopIdle(Path socketDir) {
        List<LeaseInfo> stopped = new ArrayList<>();
        for (LeaseCensus.Entry entry : LeaseCensus.take(socketDir)) {
            if (entry.held()) {
                continue;
            }
            LeaseInfo info = info(entry);
            Optional<Lease> lease = LeaseCensus.takeIdle(entry);
            if (lease.isPresent()) {
                if (isInUse(entry.socket())) {
                    lease.get().release();
                } else if (stop(lease.get())) {
                    stopped.add(info);
                }
            }
        }
        return stopped;
    }

    /** Whether anybody is connected to it: looked at for as long as it may take a master to see that a client has gone. */
    private static boolean isInUse(Path socket) {
        long since = System.nanoTime();
        boolean inUse = true;
        while (inUse && System.nanoTime() - since < TO_SEE_AN_END_NANOS) {
            inUse = SocketClients.count(socket).orElse(0) > 0;
            if (inUse) {
                LockSupport.parkNanos(TO_LOOK_AGAIN_NANOS);
            }
        }
        return inUse;
    }

    /** A master that does not answer keeps its lease: whoever takes it next will find out and go elsewhere. */
    private static boolean stop(Lease lease) {
        boolean stopped = false;
        try {
            stopped = ControlMaster.stop(lease.socket());
            return stopped;
        } finally {
            if (stopped) {
                lease.discard();
            } else {
                lease.release();
            }
        }
    }

    private static LeaseInfo info(LeaseCensus.Entry entry) {
        @Nullable Long pid = ControlMaster.pid(entry.socket());
        // location # user@host # port # hash of the configuration # pool
        String[] parts = entry.pool().split("#", 5);
        boolean known = parts.length == 5;
        return new LeaseInfo(
                !known ? "?" : parts[2].isEmpty() ? parts[1] : parts[1] + ":" + parts[2],
                known ? parts[4] : "?",
                known ? parts[0] : "?",
                entry.mode(),
                entry.held(),
                entry.owner(),
                pid == null ? OptionalLong.empty() : OptionalLong.of(pid),
                pid == null ? Optional.empty() : age(pid),
                entry.socket());
    }

    private static Optional<Duration> age(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().startInstant())
                .map(start -> Duration.between(start, Instant.now()));
    }
}
