package io.muxpool.internal.lease;

import java.nio.channels.FileChannel;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The lock files that this JVM has open, whichever class loader asks.
 *
 * <p>A POSIX record lock belongs to the process: closing <em>any</em> descriptor of the file, even one opened only to
 * look, drops it in silence. So nobody in this JVM may open a lock file that somebody in it already has open. Reserve
 * before open, free after close; in between, the channel is held here, out of the garbage collector's reach.
 *
 * <p>The map holds JDK types only and hangs on a system property key, so that copies of this class loaded by different
 * class loaders share it. The value for a name that is reserved but not open yet is {@link #RESERVED}.
 */
final class LockRegistry {
    private static final String KEY = "io.muxpool.lease.registry";
    private static final Object RESERVED = "reserved";
    private static final ConcurrentMap<String, Object> OPEN = shared();

    private LockRegistry() {}

    @SuppressWarnings("unchecked")
    private static ConcurrentMap<String, Object> shared() {
        return (ConcurrentMap<String, Object>)
                System.getProperties().computeIfAbsent(KEY, key -> new ConcurrentHashMap<String, Object>());
    }

    /** Takes the name for the caller; false when somebody in this JVM has it. */
    static boolean reserve(String name) {
        return OPEN.putIfAbsent(name, RESERVED) == null;
    }

    /** Keeps the channel strongly reachable until {@link #free}. */
    static void hold(String name, FileChannel channel) {
        OPEN.put(name, channel);
    }

    /** Gives the name back; its channel must be closed by now. */
    static void free(String name) {
        OPEN.remove(name);
    }
}
