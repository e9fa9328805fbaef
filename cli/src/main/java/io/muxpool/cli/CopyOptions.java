package io.muxpool.cli;

import io.muxpool.ConnectionPool;
import io.muxpool.Job;
import io.muxpool.Remote;
import io.muxpool.RetryPolicy;
import io.muxpool.RetryableException;
import io.muxpool.copy.Copied;
import io.muxpool.copy.Copy;
import io.muxpool.copy.CopyException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code push} and {@code pull} have in common: their options, and how their copies are made and told of. */
final class CopyOptions {
    @Mixin
    private RemoteOptions remoteOptions = new RemoteOptions();

    @Option(names = "--timeout", paramLabel = "TIME", description = "give up after 500ms, 10s, 2m; connecting counts")
    private @Nullable Duration timeout;

    @Option(
            names = "--retries",
            paramLabel = "N",
            description = "try again up to N times when there is no connection, or it is lost; what has arrived is kept"
                    + " (default: 0)")
    private int retries;

    @Option(names = "--no-resume", description = "begin anew, and leave no part behind")
    private boolean noResume;

    @Option(names = "--no-verify", description = "compare sizes only, not the checksums of both sides")
    private boolean noVerify;

    @Option(
            names = "--stripes",
            paramLabel = "N",
            description = "the most channels for a file; more than 7 may take more connections (default: 7)")
    private int stripes = Copy.DEFAULT_STRIPES;

    @Option(names = "--json", description = "print one JSON object on standard output: outcome, files, message")
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

    /** @throws IllegalArgumentException when an option makes no sense */
    Remote remote(Place place) {
        if (timeout != null && timeout.isZero()) {
            throw new IllegalArgumentException("--timeout must be more than 0");
        }
        if (retries < 0) {
            throw new IllegalArgumentException("--retries must not be negative: " + retries);
        }
        if (stripes < 1) {
            throw new IllegalArgumentException("--stripes must be at least 1: " + stripes);
        }
        return remoteOptions.remote(place.host());
    }

    /** Copies one file after another, up to the first that fails; returns the exit code. */
    int run(Remote remote, List<Work> works) {
        Job job = timeout == null ? Job.create() : Job.withTimeout(timeout);
        List<Copied> copied = new ArrayList<>();
        try (Shutdown shutdown = Shutdown.cancels(job)) {
            @Nullable Outcome failure = copyAll(remote, works, job, copied);
            if (json) {
                Stdout.line(JsonReport.copies(copied, failure));
            } else {
                copied.forEach(CopyOptions::confess);
                if (failure != null && failure.message() != null) {
                    System.err.println("muxpool: " + Text.oneLine(failure.message()));
                }
            }
            return failure == null ? ExitCodes.OK : failure.exitCode();
        }
    }

    private @Nullable Outcome copyAll(Remote remote, List<Work> works, Job job, List<Copied> copied) {
        RetryPolicy policy = RetryPolicy.builder().maxRetries(retries).build();
        // Spares: the checksum at the end finds a channel open.
        try (ConnectionPool open = ConnectionPool.builder(remote, pool).open();
                CopyProgress progress = CopyProgress.onTerminal(json)) {
            Copy copy = Copy.builder(open)
                    .stripes(stripes)
                    .resume(!noResume)
                    .verify(!noVerify)
                    .listener(progress)
                    .build();
            for (Work work : works) {
                copied.add(policy.call(job, retry -> once(work, copy, job)));
            }
            return null;
        } catch (CopyException e) {
            return Outcome.failure("failed", "not copied: " + e.getMessage());
        } catch (RuntimeException e) {
            return Outcome.of(e).orElseThrow(() -> e);
        }
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
