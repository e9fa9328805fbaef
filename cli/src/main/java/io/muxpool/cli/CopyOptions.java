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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
                    .listener(listener)
                    .build();
            for (Work work : task.works) {
                copied.add(policy.call(job, retry -> once(work, copy, job)));
            }
            return null;
        } catch (CopyException e) {
            return Outcome.failure("failed", "not copied: " + e.getMessage());
        } catch (RuntimeException e) {
            return Outcome.of(e).orElseThrow(() -> e);
        }
    }

    /** Retries are counted, whatever time a copy took before it was lost; the job's deadline ends them too. */
    static RetryPolicy policy(int retries) {
        return RetryPolicy.builder()
                .maxRetries(retries)
                .maxElapsed(RetryPolicy.UNLIMITED_TIME)
                .build();
    }

    private static Copied once(Work work, Copy copy, Job job) {
        try {
            return work.copy(copy, job);
        } catch (CopyException e) {
            throw e.retrySafe() ? new RetryableException(String.valueOf(e.getMessage()), e) : e;
        }
    }

    private static void confess(Copied copied) {
        if (copied.sha256().isEmpty()) {
            System.err.println("muxpool: copied " + Text.oneLine(copied.target()) + ", compared by size only: "
                    + Text.oneLine(copied.unverified()));
        }
    }
}
