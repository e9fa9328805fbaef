package io.muxpool.hazelcast;

import com.hazelcast.config.MapConfig;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Which tasks have begun, so that none runs twice when a member dies or seems to. One write decides, whoever comes first:
 *
 * <pre>
 *   whoever asks, before it is sent:             absent -> asked
 *   the member, before it sends anything:        asked -> the member's name     it runs the command
 *   whoever waits, when the member is lost:      asked -> revoked               nobody will; another member may
 *                                                the member's name, or absent   outcome unknown
 * </pre>
 *
 * A write returns when another member has it too, so the death of one member loses none. A note that is lost all the same,
 * with the only member or with two at once, proves nothing.
 */
final class Begun {
    private static final String NAME = "muxpool-begun";
    private static final String ASKED = "asked";
    private static final String REVOKED = "revoked";

    /** Longer than a member that seemed dead could sleep and then go on. */
    private static final int DAYS = 1;

    private final IMap<UUID, String> tasks;

    private Begun(IMap<UUID, String> tasks) {
        this.tasks = tasks;
    }

    static Begun in(HazelcastInstance hazelcast) {
        return new Begun(hazelcast.getMap(NAME));
    }

    static MapConfig config() {
        return new MapConfig(NAME).setBackupCount(1).setTimeToLiveSeconds((int) TimeUnit.DAYS.toSeconds(DAYS));
    }

    /** From now on it may begin. */
    void ask(UUID task) {
        tasks.set(task, ASKED);
    }

    /** Whether the task is this member's to run. */
    boolean begin(UUID task, String member) {
        return tasks.replace(task, ASKED, member);
    }

    /** Whether nobody has begun it, and now nobody will. */
    boolean revoke(UUID task) {
        return tasks.replace(task, ASKED, REVOKED) || isRevoked(task);
    }

    boolean isRevoked(UUID task) {
        return REVOKED.equals(tasks.get(task));
    }

    /** It is over, and its answer is known: nobody will ask again. */
    void forget(UUID task) {
        tasks.deleteAsync(task);
    }
}
