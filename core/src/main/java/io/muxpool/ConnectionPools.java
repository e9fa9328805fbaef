package io.muxpool;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Several named pools of one remote that never share a master, so that bulk work in one cannot fill the connections of
 * another. Thread-safe.
 */
public final class ConnectionPools implements AutoCloseable {
    private final Remote remote;
    private final Map<String, ConnectionPool> pools;

    private ConnectionPools(Remote remote, Map<String, ConnectionPool> pools) {
        this.remote = remote;
        this.pools = pools;
    }

    /**
     * Opens one pool per entry.
     *
     * @param capacities each pool's name and its commands at a time per connection
     * @throws IllegalArgumentException when there is none, or a name or capacity is not valid
     */
    public static ConnectionPools open(Remote remote, Map<String, Integer> capacities) {
        if (capacities.isEmpty()) {
            throw new IllegalArgumentException("at least one pool must be named");
        }
        Map<String, ConnectionPool> pools = new LinkedHashMap<>();
        // Sorted, so that logs show the same order whatever map was given.
        new TreeMap<>(capacities)
                .forEach((name, capacity) -> pools.put(
                        name,
                        ConnectionPool.builder(remote, name).capacity(capacity).open()));
        return new ConnectionPools(remote, Collections.unmodifiableMap(pools));
    }

    /**
     * The pool of that name.
     *
     * @throws IllegalArgumentException listing the known names when there is none
     */
    public ConnectionPool pool(String name) {
        @Nullable ConnectionPool pool = pools.get(name);
        if (pool == null) {
            throw new IllegalArgumentException("no pool named \"" + name + "\"; there are " + pools.keySet());
        }
        return pool;
    }

    /** Closes every pool, also when one fails; further failures are suppressed in the first. */
    @Override
    public void close() {
        List<RuntimeException> failures = new ArrayList<>();
        for (ConnectionPool pool : pools.values()) {
            try {
                pool.close();
            } catch (RuntimeException e) {
                failures.add(e);
            }
        }
        if (!failures.isEmpty()) {
            RuntimeException first = failures.get(0);
            failures.stream().skip(1).forEach(first::addSuppressed);
            throw first;
        }
    }

    /** Every pool's capacity, connections and free slots, for logs. */
    @Override
    public String toString() {
        return "pools of " + remote + ": " + pools.values();
    }
}
