package io.muxpool.cli;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.RetryPolicy;
import io.muxpool.RetryableException;
import io.muxpool.copy.Copied;
import io.muxpool.copy.Copy;
import io.muxpool.copy.CopyException;
import io.muxpool.copy.ProgressListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code push} and {@code pull} have in common: their options, and how their copies are made and told of. */
final class CopyOptions {
    private static final int DEFAULT_LIMIT = 8;

    @Mixin
    private RemoteOptions remoteOptions = new RemoteOptions();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "give up after 500ms, 10s, 2m; connecting counts; of many hosts, for each")
    private @Nullable Duration timeout;

    @Option(
            names = "--retries",
            paramLabel = "N",
            description = "try again up to N times when there is no connection, or it is lost; what has arrived is kept"
                    + " (default: 0)")
    private int retries;

    @Option(names = "--limit", paramLabel = "N", description = "hosts at a time, when there are many (default: 8)")
    private int limit = DEFAULT_LIMIT;

    @Option(names = "--no-resume", description = "begin anew, and leave no part behind")
    private boolean noResume;

    @Option(names = "--no-verify", description = "compare sizes only, not the checksums of both sides")
    private boolean noVerify;

    @Option(
            names = "--inplace",
            description =
                    "write into the target itself, as scp does: keeps its owner, links and all else it has, and needs no"
                            + " room beside it; resumes nothing, and a copy that fails leaves a part of the file there")
    private boolean inPlace;

    @Option(
            names = "--stripes",
            paramLabel = "N",
            description = "the most channels for a file; more than 7 may take more connections (default: 14)")
    private int stripes = Copy.DEFAULT_STRIPES;

    @Option(
            names = "--json",
            description =
                    "print one JSON object on standard output: outcome, files, message; of many hosts, a line for each")
    private boolean json;

    @Option(
            names = "--pool",
            paramLabel = "NAME",
            description = "the pool; those of different names share no connection (default: cli)")
    private String pool = "cli";

    /** One file's copy. */
    interface Work {
        Copied copy(Copy copy, Job job);

        /** The copies that this one stands for, when its file is a pattern. */
        default List<Work> expand(Copy copy, Job job) {
            return List.of(this);
        }
    }

    /**
     * What is to be done with one host.
     *
     * @param works one after another, up to the first that fails
     */
    record Task(String host, Remote remote, List<Work> works) {}

    /** @throws IllegalArgumentException when an option makes no sense */
    Task task(String host, List<Work> works) {
        if (timeout != null && timeout.isZero()) {
            throw new IllegalArgumentException("--timeout must be more than 0");
        }
        if (retries < 0) {
            throw new IllegalArgumentException("--retries must not be negative: " + retries);
        }
        if (limit < 1) {
            throw new IllegalArgumentException("--limit must be at least 1: " + limit);
        }
        if (stripes < 1) {
            throw new IllegalArgumentException("--stripes must be at least 1: " + stripes);
        }
        return new Task(host, remoteOptions.remote(host), works);
    }

    int limit() {
        return limit;
    }

    boolean isJson() {
        return json;
    }

    Job job() {
        return timeout == null ? Job.create() : Job.withTimeout(timeout);
    }

    /** Does it, and says what came of it; returns the exit code. */
    int run(Task task) {
        Job job = job();
        List<Copied> copied = new ArrayList<>();
        try (Shutdown shutdown = Shutdown.cancels(job);
                CopyProgress progress = CopyProgress.onTerminal(json)) {
            @Nullable Outcome failure = copyAll(task, job, copied, progress);
            progress.close();
            if (json) {
                Stdout.line(JsonReport.copies(null, copied, failure));
            } else {
                copied.forEach(CopyOptions::confess);
                copied.forEach(CopyOptions::tellNotices);
                if (failure != null && failure.message() != null) {
                    System.err.println("muxpool: " + Text.oneLine(failure.message()));
                }
            }
            return failure == null ? ExitCodes.OK : failure.exitCode();
        }
    }

    /** Returns null when all went well. */
    @Nullable Outcome copyAll(Task task, Job job, List<Copied> copied, ProgressListener listener) {
        RetryPolicy policy = policy(retries);
        try (ConnectionPool open = ConnectionPool.builder(task.remote, pool).open()) {
            Copy copy = Copy.builder(open)
                    .stripes(stripes)
                    .resume(!noResume)
                    .verify(!noVerify)
                    .inPlace(inPlace)
                    .listener(listener)
                    .build();
            List<Work> works = new ArrayList<>();
            for (Work work : task.works) {
                works.addAll(policy.call(job, retry -> again(() -> work.expand(copy, job))));
            }
            requirePlaces(works);
            for (Work work : works) {
                copied.add(policy.call(job, retry -> again(() -> work.copy(copy, job))));
            }
            return null;
        } catch (CopyException e) {
            return Outcome.failure("failed", "not copied: " + e.getMessage());
        } catch (RuntimeException e) {
            // Whatever it is, what has been copied until then is said.
            String why = e.getMessage() == null ? e.toString() : e.getMessage();
            return Outcome.of(e).orElseGet(() -> Outcome.failure("failed", "not copied: " + why));
        }
    }

    /** Retries are counted, whatever time a copy took before it was lost; the job's deadline ends them too. */
    static RetryPolicy policy(int retries) {
        return RetryPolicy.builder()
                .maxRetries(retries)
                .maxElapsed(RetryPolicy.UNLIMITED_TIME)
                .build();
    }

    private static <T> T again(Supplier<T> work) {
        try {
            return work.get();
        } catch (CopyException e) {
            throw e.retrySafe() ? new RetryableException(String.valueOf(e.getMessage()), e) : e;
        }
    }

    /** Refuses two files with one place here; which files a pattern matches is known only now. */
    private static void requirePlaces(List<Work> works) {
        Set<Path> places = new HashSet<>();
        for (Work work : works) {
            if (work instanceof PullWork pull && !places.add(pull.place())) {
                throw new IllegalArgumentException("two files would have one place here: " + pull.place());
            }
        }
    }

    private static void tellNotices(Copied copied) {
        copied.notices().forEach(notice -> System.err.println("muxpool: " + Text.oneLine(notice)));
    }

    private static void confess(Copied copied) {
        if (copied.sha256().isEmpty()) {
            System.err.println("muxpool: copied " + Text.oneLine(copied.target()) + ", compared by size only: "
                    + Text.oneLine(copied.unverified()));
        }
    }
}
