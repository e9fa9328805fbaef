package io.muxpool.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import java.io.Serializable;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Cancels a task on the member that runs it: the command is killed there, and the task's answer says how that went. */
final class CancelTask implements Runnable, Serializable, HazelcastInstanceAware {
    private static final long serialVersionUID = 1L;

    private final UUID id;
    private transient @Nullable HazelcastInstance hazelcast;

    CancelTask(UUID id) {
        this.id = id;
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
    }

    @Override
    public void run() {
        NodeWork work = NodeWork.of(hazelcast);
        if (work != null) {
            work.cancel(id);
        }
    }
}
