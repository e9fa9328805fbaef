package io.muxpool.hazelcast;

import com.hazelcast.client.HazelcastClient;
import com.hazelcast.client.config.ClientConfig;
import com.hazelcast.cluster.Member;
import com.hazelcast.core.ExecutionCallback;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.IExecutorService;
import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.Ending;
import io.muxpool.Job;
import io.muxpool.JobCancelledException;
import io.muxpool.JobTimeoutException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PartialOutput;
import io.muxpool.fleet.Carrier;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs each host's commands on the member that owns the host's key. Thread-safe.
 *
 * <p>When a member is lost, a command that it had not begun goes to the host's next owner; of one that it had begun the
 * outcome is unknown, and it is not run again.
 */
public final class Cluster implements Carrier {
    private static final Logger LOG = System.getLogger("io.muxpool.cluster");
    private static final int TRIES = 12;
    private static final Duration CONNECT = Duration.ofSeconds(10);

    /** How long behind the end of a job its answer is waited for: the member's kill takes its grace and a bit. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long DECLINED_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final HazelcastInstance hazelcast;
    private final IExecutorService tasks;
    private final IExecutorService cancels;
    private final Begun begun;
    private final UUID self;

    private Cluster(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
        this.tasks = hazelcast.getExecutorService(NodeWork.TASKS);
        this.cancels = hazelcast.getExecutorService(NodeWork.CANCELS);
        this.begun = Begun.in(hazelcast);
        this.self = hazelcast.getLocalEndpoint().getUuid();
    }

    /**
     * Connects to a cluster. Blocks for 10 s at most.
     *
     * @param addresses of some of its members, as {@code host:port}; the others are learned
     * @throws NotStartedException when none of them answers, or the cluster has another name
     */
    public static Cluster connect(String clusterName, List<String> addresses) {
        return connect(config(clusterName, addresses));
    }

    /** What {@link #connect(String, List)} connects by, for whoever has more to set: TLS, credentials. */
    public static ClientConfig config(String clusterName, List<String> addresses) {
        ClientConfig config = new ClientConfig();
        config.setClusterName(clusterName);
        // Else a question to a cluster that is gone would wait for two minutes.
        config.setProperty("hazelcast.client.invocation.timeout.seconds", "20");
        config.getNetworkConfig().setAddresses(addresses);
        config.getConnectionStrategyConfig()
                .getConnectionRetryConfig()
                .setClusterConnectTimeoutMillis(CONNECT.toMillis());
        return config;
    }

    /**
     * Connects to a cluster. Blocks for as long as the configuration's connection strategy says.
     *
     * @param config best one made by {@link #config}
     * @throws NotStartedException when no member answers, or the cluster has another name
     */
    public static Cluster connect(ClientConfig config) {
        try {
            return new Cluster(HazelcastClient.newHazelcastClient(config));
        } catch (IllegalStateException e) {
            throw new NotStartedException(
                    "no member of the cluster \"" + config.getClusterName() + "\" answers at "
                            + String.join(", ", config.getNetworkConfig().getAddresses())
                            + ": is a muxpool node running there, with that cluster name?",
                    true,
                    e);
        }
    }

    @Override
    public CommandResult run(String host, Command command, Job job) {
        CommandWords words = CommandWords.of(command);
        String why = "";
        for (int i = 0; i < TRIES; i++) {
            @Nullable Member owner = owner(host, job);
            if (owner == null) {
                throw new NotStartedException("the cluster has no member for " + host, true, null);
            }
            UUID task = UUID.randomUUID();
            if (!isNoted(task)) {
                why = "the cluster cannot note that it is asked for";
                LockSupport.parkNanos(DECLINED_NANOS);
                continue;
            }
            try {
                Answer answer = ask(owner, new HostTask(task, self, host, words, job.remainingNanos()), task, job);
                begun.forget(task);
                if (answer instanceof Answer.Declined declined) {
                    why = owner.getAddress() + ": " + declined.why();
                    // Until its keys have moved to others.
                    LockSupport.parkNanos(DECLINED_NANOS);
                    continue;
                }
                return result(answer, command, job);
            } catch (ExecutionException | TimeoutException | RuntimeLostException e) {
                String lost = "member " + owner.getAddress() + " was lost, or failed, while it had " + command + " for "
                        + host + " (" + e.getMessage() + ")";
                if (!isRevoked(task, lost, e)) {
                    throw new OutcomeUnknownException(lost + ", and it had begun", PartialOutput.NONE, e);
                }
                why = lost;
            }
        }
        throw new NotStartedException(
                "no member took " + command + " in " + TRIES + " tries; at last " + why, true, null);
    }

    /** Whether the task may begin; else nothing has been sent, since a member was just lost, or all of them. */
    private boolean isNoted(UUID task) {
        try {
            begun.ask(task);
            return true;
        } catch (RuntimeException e) {
            LOG.log(Level.DEBUG, "cannot note a task", e);
            return false;
        }
    }

    /**
     * The member that owns the host's key; null when the cluster has none. Which one that is a client is told a moment
     * after it has connected, and after members have come or gone.
     */
    private @Nullable Member owner(String host, Job job) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < PATIENCE_NANOS) {
            job.check("looking for the member of " + host);
            @Nullable Member owner = hazelcast.getPartitionService().getPartition(host).getOwner();
            if (owner != null) {
                return owner;
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return null;
    }

    /** What Hazelcast throws at once, rather than by the future. */
    private static final class RuntimeLostException extends Exception {
        private static final long serialVersionUID = 1L;

        RuntimeLostException(RuntimeException cause) {
            super(cause.getMessage(), cause);
        }
    }

    private Answer ask(Member owner, HostTask task, UUID id, Job job)
            throws ExecutionException, TimeoutException, RuntimeLostException {
        CompletableFuture<Answer> answer = submit(owner, task);
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        boolean interrupted = false;
        try (Job.Registration registration = job.onCancel(() -> cancelled.complete(null))) {
            CompletableFuture.anyOf(answer, cancelled).get(job.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            LOG.log(Level.DEBUG, "the time of {0} is over", id);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        try {
            return answer.isDone() ? answer.get() : afterEnd(owner, id, answer);
        } catch (InterruptedException e) {
            interrupted = true;
            throw new RuntimeLostException(new IllegalStateException("interrupted while its end was awaited", e));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private CompletableFuture<Answer> submit(Member owner, HostTask task) throws RuntimeLostException {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        try {
            tasks.submitToMember(task, owner, new ExecutionCallback<>() {
                @Override
                public void onResponse(Answer response) {
                    answer.complete(response);
                }

                @Override
                public void onFailure(Throwable failure) {
                    answer.completeExceptionally(failure);
                }
            });
        } catch (RuntimeException e) {
            throw new RuntimeLostException(e);
        }
        return answer;
    }

    /**
     * Its job has ended. What waits for its turn on the member, perhaps behind others' commands, does not begin; what has
     * begun is killed there, and what became of it is still worth knowing.
     */
    private Answer afterEnd(Member owner, UUID id, CompletableFuture<Answer> answer)
            throws ExecutionException, TimeoutException, InterruptedException {
        try {
            if (begun.revoke(id)) {
                return new Answer.NotStarted("its time was over before its turn on the member", false);
            }
        } catch (RuntimeException e) {
            // Then it may begin, or may have.
            LOG.log(Level.DEBUG, "cannot revoke a task", e);
        }
        cancel(owner, id);
        return answer.get(PATIENCE_NANOS, TimeUnit.NANOSECONDS);
    }

    private void cancel(Member owner, UUID task) {
        try {
            cancels.executeOnMember(new CancelTask(task), owner);
        } catch (RuntimeException e) {
            // A member that is gone kills nothing: whoever waits for its answer finds that out.
            LOG.log(Level.DEBUG, "cannot cancel on " + owner, e);
        }
    }

    private boolean isRevoked(UUID task, String lost, Exception cause) {
        try {
            return begun.revoke(task);
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
            throw new OutcomeUnknownException(
                    lost + ", and the cluster cannot say whether it had begun", PartialOutput.NONE, cause);
        }
    }

    private static CommandResult result(Answer answer, Command command, Job job) {
        if (answer instanceof Answer.Ran ran) {
            return ran.toResult(command.argv());
        }
        if (answer instanceof Answer.NotStarted no) {
            job.check("waiting for the turn of " + command);
            throw new NotStartedException(no.why(), no.retrySafe(), null);
        }
        if (answer instanceof Answer.Unknown unknown) {
            throw new OutcomeUnknownException(
                    unknown.why(), new PartialOutput(unknown.stdout(), unknown.stderr()), null);
        }
        Answer.GivenUp given = (Answer.GivenUp) answer;
        PartialOutput output = new PartialOutput(given.stdout(), given.stderr());
        // The same end, seen from here.
        job.check("running " + command, given.ending(), output);
        if (given.ending().fate() == Ending.Fate.NOT_STARTED) {
            throw new NotStartedException(given.why(), true, null);
        }
        String doing = "running " + command + " on a member";
        // The member's clock was a moment ahead of ours; or the member was told to stop.
        throw job.timeout().isPresent()
                ? new JobTimeoutException(job.timeout().get(), doing, given.ending(), output)
                : new JobCancelledException(doing + " that was stopped", given.ending(), output);
    }

    @Override
    public void close() {
        hazelcast.shutdown();
    }
}
