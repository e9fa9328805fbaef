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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What the other processes of the lease tests run: {@code MODE ROOT DESCRIPTION NUMBER ...}.
 *
 * <pre>
 *   hold ROOT DESCRIPTION N                    take N leases, say each path and whether it is live, keep them until
 *                                              standard input ends, release them
 *   prove ROOT DESCRIPTION THREADS MARKERS MS  take and release as fast as possible, proving each lease exclusive with a
 *                                              marker file; say "LEASES VIOLATIONS". For so long, on a busy machine
 *                                              longer, so that there are enough leases to prove something
 *   storm ROOT DESCRIPTION THREADS             take and release for ever, one lease in two without a socket; say "up"
 * </pre>
 */
final class LeaseWorker {
    static final String MODE = "p";
    static final Duration PERSIST = Duration.ofSeconds(600);

    /** Leases that each process of a proof makes at least. */
    static final int ENOUGH = 500;

    private static final int PATIENCE = 6;

    private final LeaseStore store;
    private final AtomicLong leases = new AtomicLong();
    private final AtomicLong violations = new AtomicLong();

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
            case "prove" -> worker.prove(number, Path.of(args[4]), Long.parseLong(args[5]), out);
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

    private void prove(int threads, Path markers, long millis, PrintStream out) throws InterruptedException {
        long start = System.nanoTime();
        long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
        inThreads(threads, () -> {
            long elapsed = 0;
            while (elapsed < nanos || (leases.get() < ENOUGH && elapsed < PATIENCE * nanos)) {
                proveOnce(markers);
                elapsed = System.nanoTime() - start;
            }
        });
        out.println(leases + " " + violations);
    }

    private void proveOnce(Path markers) {
        Lease lease = store.acquire();
        leases.incrementAndGet();
        Path marker = markers.resolve(lease.socket().getFileName());
        try {
            // O_EXCL: whoever comes second fails, in whichever process and whatever the locks say.
            Files.createFile(marker);
            if (!Files.exists(lease.socket())) {
                UnixSockets.make(lease.socket());
            }
            work();
            Files.delete(marker);
        } catch (FileAlreadyExistsException e) {
            violations.incrementAndGet();
        } catch (IOException | UncheckedIOException e) {
            // The marker or the socket was handled by another owner meanwhile.
            violations.incrementAndGet();
        }
        lease.release();
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
        inThreads(threads, () -> {
            while (true) {
                Lease lease = store.acquire();
                if (ThreadLocalRandom.current().nextBoolean() && !Files.exists(lease.socket())) {
                    UnixSockets.make(lease.socket());
                }
                work();
                lease.release();
            }
        });
    }

    private static void inThreads(int count, Runnable work) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Thread thread = new Thread(work, "lease-worker-" + i);
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
