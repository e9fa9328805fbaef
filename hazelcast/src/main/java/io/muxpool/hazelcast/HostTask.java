package io.muxpool.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import java.io.Serializable;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** A command for one host, run by the member that it is sent to. */
final class HostTask implements Callable<Answer>, Serializable, HazelcastInstanceAware {
    private static final long serialVersionUID = 1L;

    private final UUID id;
    private final UUID asker;
    private final String host;
    private final CommandWords command;
    private final long nanos;
    private transient @Nullable HazelcastInstance hazelcast;

    /**
     * @param asker the endpoint of whoever waits for the answer
     * @param nanos what is left of its time, when it is sent; the clocks of two machines are never compared
     */
    HostTask(UUID id, UUID asker, String host, CommandWords command, long nanos) {
        this.id = id;
        this.asker = asker;
        this.host = host;
        this.command = command;
        this.nanos = nanos;
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
    }

    @Override
    public Answer call() {
        NodeWork work = NodeWork.of(hazelcast);
        return work == null
                ? new Answer.Declined("the member that owns " + host + " is no muxpool node")
                : work.run(id, asker, host, command, nanos);
    }
}
