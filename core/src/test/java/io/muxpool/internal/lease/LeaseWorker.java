package io.muxpool.internal.lease;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What the other processes of the lease tests run: {@code MODE ROOT DESCRIPTION NUMBER ...}.
 *
 * <pre>
 *   hold ROOT DESCRIPTION N                    take N leases, say each path and whether it is live, keep them until
 *                                              standard input ends, release them
 *   prove ROOT DESCRIPTION THREADS MARKERS     take and release as fast as possible, proving each lease exclusive with a
 *                                              marker file; say "up", and "LEASES VIOLATIONS" when standard input ends
 *   storm ROOT DESCRIPTION THREADS             take and release for ever, one lease in two without a socket; say "up"
 * </pre>
 */
final class LeaseWorker {
    static final String MODE = "p";
    static final Duration PERSIST = Duration.ofSeconds(600);

    private final LeaseStore store;
    private final AtomicLong leases = new AtomicLong();
    private final AtomicLong violations = new AtomicLong();
    private volatile boolean over;

    private LeaseWorker(LeaseStore store) {
        this.store = store;
    }

    @SuppressWarnings("SystemOut") // how it answers
    public static void main(String[] args) throws Exception {
        LeaseWorker worker = new LeaseWorker(new LeaseStore(Path.of(args[1]), MODE, args[2], PERSIST));
        int number = Integer.parseInt(args[3]);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        switch (args[0]) {
            case "hold" -> worker.hold(number, out);
            case "prove" -> worker.prove(number, Path.of(args[4]), out);
            case "storm" -> worker.storm(number, out);
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private void hold(int count, PrintStream out) throws IOException {
        List<Lease> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Lease lease = store.acquire();
            held.add(lease);
            out.println(lease.socket() + " " + (UnixSockets.isLive(lease.socket()) ? "live" : "dead"));
        }
        System.in.readAllBytes();
        held.forEach(Lease::release);
    }

    private void prove(int threads, Path markers, PrintStream out) throws InterruptedException, IOException {
        List<Thread> all = started(threads, () -> {
            while (!over) {
                try {
                    proveOnce(markers);
                } catch (RuntimeException e) {
                    violated(markers, e);
                }
            }
        });
        out.println("up");
        System.in.readAllBytes();
        over = true;
        for (Thread thread : all) {
            thread.join();
        }
        out.println(leases + " " + violations);
    }

    private void proveOnce(Path markers) {
        Lease lease = store.acquire();
        leases.incrementAndGet();
        Path marker = markers.resolve(lease.socket().getFileName());
        try {
            mark(marker);
            if (!Files.exists(lease.socket())) {
                UnixSockets.make(lease.socket());
            }
            work();
            Files.delete(marker);
        } catch (FileAlreadyExistsException e) {
            violated(markers, e);
        } catch (IOException | UncheckedIOException e) {
            // The marker or the socket was handled by another owner meanwhile.
            violated(markers, e);
        }
        lease.release();
    }

    /**
     * A link to our process's number: made by one of two only, in whichever process and whatever the locks say. One that a
     * killed process left is nobody's.
     */
    private static void mark(Path marker) throws IOException {
        Path us = Path.of(Long.toString(ProcessHandle.current().pid()));
        try {
            Files.createSymbolicLink(marker, us);
        } catch (FileAlreadyExistsException e) {
            long owner = Long.parseLong(Files.readSymbolicLink(marker).toString());
            if (isAlive(owner)) {
                throw e;
            }
            Files.delete(marker);
            Files.createSymbolicLink(marker, us);
        }
    }

    /** A killed one that is not reaped yet has lost its locks, but Java takes it for alive. */
    private static boolean isAlive(long pid) {
        if (ProcessHandle.of(pid).isEmpty()) {
            return false;
        }
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return "ZX".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) < 0;
        } catch (IOException e) {
            return !Files.exists(Path.of("/proc"));
        }
    }

    /** Left as a file too: we may be killed before we can say it. */
    private void violated(Path markers, Exception e) {
        violations.incrementAndGet();
        try {
            Files.writeString(Files.createTempFile(markers, "violation", ""), String.valueOf(e));
        } catch (IOException unwritten) {
            throw new UncheckedIOException(unwritten);
        }
    }

    private static void work() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        int kind = random.nextInt(3);
        if (kind == 1) {
            LockSupport.parkNanos(1);
        } else if (kind == 2) {
            LockSupport.parkNanos(random.nextLong(500_000));
        }
    }

    private void storm(int threads, PrintStream out) throws InterruptedException {
        out.println("up");
        List<Thread> all = started(threads, () -> {
            while (true) {
                Lease lease = store.acquire();
                if (ThreadLocalRandom.current().nextBoolean() && !Files.exists(lease.socket())) {
                    UnixSockets.make(lease.socket());
                }
                work();
                lease.release();
            }
        });
        for (Thread thread : all) {
            thread.join();
        }
    }

    private static List<Thread> started(int count, Runnable work) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Thread thread = new Thread(work, "lease-worker-" + i);
            thread.start();
            threads.add(thread);
        }
        return threads;
    }
}
