package io.muxpool.cli;

import io.muxpool.Job;
import io.muxpool.cli.fleet.Bar;
import io.muxpool.cli.fleet.Tally;
import io.muxpool.copy.Copied;
import io.muxpool.fleet.FleetRun;
import io.muxpool.fleet.NodeSet;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The same copies with many hosts, some at a time. Each host ends with one line, as soon as it does. */
final class CopyFleet {
    private final CopyOptions options;
    private final List<CopyOptions.Task> tasks;
    private final int limit;
    private final Job all = Job.create();
    private final BlockingQueue<Ended> ended = new LinkedBlockingQueue<>();
    // For the bar.
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger skipped = new AtomicInteger();
    // The main thread's alone.
    private String broken = "";

    CopyFleet(CopyOptions options, List<CopyOptions.Task> tasks) {
        this.options = options;
        this.tasks = tasks;
        this.limit = Math.min(options.limit(), tasks.size());
    }

    /** What became of one host. */
    private record Ended(
            String host, List<Copied> copied, @Nullable Outcome failure, Duration elapsed) {
        boolean isSkipped() {
            return failure != null && failure.word().equals("skipped");
        }
    }

    /** Returns the exit code: the worst of all hosts. */
    int run() {
        long start = System.nanoTime();
        boolean terminal = Terminal.isStderr();
        ExecutorService threads = Executors.newFixedThreadPool(limit, CopyFleet::thread);
        // Open until all is said: whoever ends this process by a signal still hears what became of each host.
        try (Interrupts interrupts = Interrupts.of(all::cancel)) {
            tasks.forEach(task -> threads.execute(() -> end(task)));
            List<Ended> results = take(terminal);
            int code = results.stream()
                    .mapToInt(result -> result.failure == null ? ExitCodes.OK : result.failure.exitCode())
                    .max()
                    .orElse(ExitCodes.OK);
            if (terminal || code != ExitCodes.OK) {
                sum(results, since(start));
            }
            if (!broken.isEmpty()) {
                say(broken + "; the rest was cancelled");
                return ExitCodes.SSH;
            }
            return interrupts.came() ? ExitCodes.INTERRUPTED : code;
        } finally {
            all.cancel();
            threads.shutdown();
        }
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "muxpool-copies");
        thread.setDaemon(true);
        return thread;
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private void end(CopyOptions.Task task) {
        running.incrementAndGet();
        Ended result = copy(task);
        running.decrementAndGet();
        if (result.failure != null) {
            (result.isSkipped() ? skipped : failed).incrementAndGet();
        }
        if (!result.isSkipped()) {
            done.incrementAndGet();
        }
        ended.add(result);
    }

    private Ended copy(CopyOptions.Task task) {
        long start = System.nanoTime();
        List<Copied> copied = new ArrayList<>();
        @Nullable Outcome failure;
        Job own = options.job();
        try (Job.Registration cancel = all.onCancel(own::cancel)) {
            failure = all.isCancelled()
                    ? Outcome.failure("skipped", "skipped")
                    : options.copyAll(task, own, copied, (done, total) -> {});
        } catch (RuntimeException | Error e) {
            // Whatever it is: a host without a result would be waited for, for ever.
            String why = e.getMessage() == null ? e.toString() : e.getMessage();
            failure = Outcome.failure("failed", "not copied: " + why);
        }
        return new Ended(task.host(), copied, failure, since(start));
    }

    /** Every result, said as it comes. */
    private List<Ended> take(boolean terminal) {
        List<Ended> results = new ArrayList<>();
        try (Bar bar = new Bar(tasks.size(), terminal, this::progress)) {
            while (results.size() < tasks.size()) {
                Ended result = await();
                results.add(result);
                bar.print(() -> tell(result));
            }
        }
        return results;
    }

    private FleetRun.Progress progress() {
        return new FleetRun.Progress(tasks.size(), running.get(), done.get(), failed.get(), skipped.get());
    }

    private Ended await() {
        while (true) {
            try {
                return ended.take();
            } catch (InterruptedException e) {
                // Nobody interrupts the main thread; and each host has a result.
                all.cancel();
            }
        }
    }

    private void tell(Ended result) {
        Outcome failure = result.failure;
        if (!options.isJson()) {
            result.copied.forEach(file -> file.notices().forEach(notice -> say(result.host + ": " + notice)));
        }
        if (options.isJson()) {
            print(JsonReport.copies(result.host, result.copied, failure));
        } else if (failure == null) {
            print(Text.oneLine(result.host + ": " + words(result)));
        } else if (!result.isSkipped()) {
            say(result.host + ": " + Tally.brief(String.valueOf(failure.message())));
        }
    }

    private static String words(Ended result) {
        long bytes = result.copied.stream().mapToLong(Copied::bytes).sum();
        int files = result.copied.size();
        String why = result.copied.stream()
                .map(Copied::unverified)
                .filter(text -> !text.isEmpty())
                .findFirst()
                .map(text -> ", compared by size only: " + text)
                .orElse("");
        return "copied " + files + (files == 1 ? " file, " : " files, ") + bytes + " bytes in "
                + seconds(result.elapsed) + why;
    }

    private static String seconds(Duration elapsed) {
        return BigDecimal.valueOf(elapsed.toMillis(), 3)
                        .setScale(1, RoundingMode.HALF_EVEN)
                        .toPlainString() + " s";
    }

    /** As long as standard output takes it: copies that nobody hears of are cancelled. */
    private void print(String line) {
        if (!broken.isEmpty()) {
            return;
        }
        try {
            Stdout.line(line);
        } catch (UncheckedIOException e) {
            broken = String.valueOf(e.getMessage());
            all.cancel();
        }
    }

    /** How many went well, and a line for each other kind of end with the hosts that met it. */
    private void sum(List<Ended> results, Duration elapsed) {
        Map<String, List<String>> hosts = results.stream()
                .filter(result -> result.failure != null)
                .collect(Collectors.groupingBy(
                        result -> String.valueOf(result.failure == null ? "" : result.failure.word()),
                        TreeMap::new,
                        Collectors.mapping(Ended::host, Collectors.toList())));
        long well = results.stream().filter(result -> result.failure == null).count();
        say(well + " of " + results.size() + " hosts done in " + seconds(elapsed));
        hosts.forEach((word, those) -> say("  " + word.replace('_', ' ') + ": " + NodeSet.of(those)));
    }

    private static void say(String text) {
        System.err.println("muxpool: " + Text.oneLine(text));
    }
}
