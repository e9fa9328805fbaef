package io.muxpool.hazelcast;

import com.hazelcast.client.Client;
import com.hazelcast.client.ClientListener;
import com.hazelcast.core.HazelcastInstance;
import io.muxpool.CommandResult;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PartialOutput;
import io.muxpool.fleet.Carrier;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What a member does: runs commands on its hosts. Thread-safe. */
final class NodeWork {
    /** Of the member's executor. */
    static final String TASKS = "muxpool-tasks";

    /** Of the one that cancels, which must never wait behind what is to be cancelled. */
    static final String CANCELS = "muxpool-cancels";

    private static final int MOST_KNOWN = 10_000;
    private static final String KEY = "io.muxpool.node";

    private final Carrier carrier;
    private final HazelcastInstance hazelcast;
    private final Map<UUID, Job> running = new ConcurrentHashMap<>();

    /** Cancelled before their turn; the eldest are forgotten, since one may also be cancelled behind its end. */
    private final Set<UUID> cancelledEarly = lately();

    /** Clients that have left: what they asked for, and has not begun, nobody waits for. */
    private final Set<UUID> gone = lately();

    private volatile boolean closing;

    private NodeWork(Carrier carrier, HazelcastInstance hazelcast) {
        this.carrier = carrier;
        this.hazelcast = hazelcast;
    }

    /** Those that were added last. Thread-safe. */
    private static Set<UUID> lately() {
        return Collections.synchronizedSet(Collections.newSetFromMap(new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<UUID, Boolean> eldest) {
                return size() > MOST_KNOWN;
            }
        }));
    }

    /** Makes a member a node. */
    static NodeWork install(Carrier carrier, HazelcastInstance hazelcast) {
        NodeWork work = new NodeWork(carrier, hazelcast);
        hazelcast.getUserContext().put(KEY, work);
        hazelcast.getClientService().addClientListener(new ClientListener() {
            @Override
            public void clientConnected(Client client) {
                work.gone.remove(client.getUuid());
            }

            @Override
            public void clientDisconnected(Client client) {
                work.gone.add(client.getUuid());
            }
        });
        return work;
    }

    static @Nullable NodeWork of(@Nullable HazelcastInstance hazelcast) {
        return hazelcast == null ? null : (NodeWork) hazelcast.getUserContext().get(KEY);
    }

    Answer run(UUID id, UUID asker, String host, CommandWords words, long nanos) {
        Job job = Job.withTimeout(Duration.ofNanos(nanos));
        if (running.putIfAbsent(id, job) != null) {
            return Answer.Unknown.of("it was delivered to its member twice", PartialOutput.NONE);
        }
        try {
            if (cancelledEarly.remove(id)) {
                return new Answer.NotStarted("it was cancelled before its turn on the member", false);
            }
            if (gone.contains(asker)) {
                return new Answer.NotStarted("whoever asked for it has left before its turn on the member", true);
            }
            if (closing) {
                return new Answer.Declined("the member is told to end");
            }
            if (!begin(id)) {
                return Begun.in(hazelcast).isRevoked(id)
                        ? new Answer.Declined("whoever asked for it has given this member up")
                        : Answer.Unknown.of("the cluster has lost the note that it may begin", PartialOutput.NONE);
            }
            CommandResult result = carrier.run(host, words.toCommand(), job);
            return Answer.Ran.of(result);
        } catch (NotStartedException e) {
            return new Answer.NotStarted(why(e), e.retrySafe());
        } catch (OutcomeUnknownException e) {
            return Answer.Unknown.of(why(e), e.partialOutput());
        } catch (JobException e) {
            return Answer.GivenUp.of(why(e), e.ending(), e.partialOutput());
        } catch (IllegalArgumentException e) {
            return new Answer.NotStarted(why(e), false);
        } finally {
            running.remove(id);
        }
    }

    /** A mark that cannot be made is no beginning: it may be there all the same, and then nobody runs it. */
    private boolean begin(UUID id) {
        try {
            return Begun.in(hazelcast)
                    .begin(id, hazelcast.getCluster().getLocalMember().getUuid().toString());
        } catch (RuntimeException e) {
            throw new NotStartedException(
                    "the cluster cannot note that a command begins, so it does not: " + e.getMessage(), true, e);
        }
    }

    private static String why(RuntimeException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /** Noted first, and then looked for: a task that begins in between sees the one or is seen by the other. */
    void cancel(UUID id) {
        cancelledEarly.add(id);
        Job job = running.get(id);
        if (job != null) {
            job.cancel();
        }
    }

    /** Kills what runs, and takes no more. */
    void end() {
        closing = true;
        running.values().forEach(Job::cancel);
    }

    /** How many commands run now. */
    int running() {
        return running.size();
    }
}
