package io.muxpool;

import io.muxpool.internal.pool.Pool;
import io.muxpool.internal.pool.Slot;
import io.muxpool.internal.text.Printable;
import java.util.Objects;

/**
 * Warm connections to one remote, shared by the threads of this process and handed on to the next one.
 *
 * <p>Thread-safe. Opening a pool connects nothing: the first command does, or finds the connection that an earlier
 * process left. A connection carries up to {@code capacity} commands at once; when all are full another is made.
 *
 * <p>Closing refuses new work. Masters stay warm for the next process unless {@link Remote.Builder#exitOnShutdown}; a
 * connection on which commands still run is given back when the last of them ends.
 */
public final class ConnectionPool implements AutoCloseable {
    /** Sessions per connection unless asked otherwise: below the 10 that sshd allows by default (MaxSessions). */
    public static final int DEFAULT_CAPACITY = 8;

    private final Pool pool;

    private ConnectionPool(Pool pool) {
        this.pool = pool;
    }

    /**
     * A pool with every default.
     *
     * @param name tells the pools of one remote apart: pools of different names share no connection, in any process
     */
    public static ConnectionPool open(Remote remote, String name) {
        return builder(remote, name).open();
    }

    /** Starts a pool with options. */
    public static Builder builder(Remote remote, String name) {
        return new Builder(remote, name);
    }

    /** {@link #connection(Job)} without a deadline. */
    public Connection connection() {
        return connection(Job.create());
    }

    /**
     * Takes a slot. Returns at once, unless the pool has {@code maxConnections} and all are full: then it waits for its
     * turn, first come first served, up to the job's deadline.
     *
     * @throws IllegalStateException when the pool is closed
     * @throws JobException when the job ends first
     */
    public Connection connection(Job job) {
        return new Connection(Slot.take(pool, job));
    }

    /** Runs a program with these words on a slot of its own; see {@link Connection#run(Command, Job)}. */
    public CommandResult run(String... argv) {
        return run(Command.of(argv), Job.create());
    }

    /** Runs a command on a slot of its own; see {@link Connection#run(Command, Job)}. */
    public CommandResult run(Command command) {
        return run(command, Job.create());
    }

    /** Takes a slot, runs a command on it under the job, and returns the slot; see {@link Connection#run(Command, Job)}. */
    public CommandResult run(Command command, Job job) {
        try (Connection connection = connection(job)) {
            return connection.run(command, job);
        }
    }

    /** Where commands go. */
    public Remote remote() {
        return pool.remote();
    }

    /** This pool's name. */
    public String name() {
        return pool.name();
    }

    /**
     * Refuses new work and shuts down every connection, also when one fails. Does nothing the second time.
     *
     * @throws SocketDirectoryException when leases could not be returned in order; they are unlocked all the same. The
     *     other failures are suppressed in the first
     */
    @Override
    public void close() {
        pool.close();
    }

    /** Capacity, connections and free slots, for logs. */
    @Override
    public String toString() {
        return pool.toString();
    }

    /** Collects the options of a pool. Not thread-safe. */
    public static final class Builder {
        private final Remote remote;
        private final String name;
        private int capacity = DEFAULT_CAPACITY;
        private int maxConnections = Integer.MAX_VALUE;

        private Builder(Remote remote, String name) {
            this.remote = Objects.requireNonNull(remote);
            if (name.isEmpty() || name.chars().anyMatch(Character::isISOControl)) {
                throw new IllegalArgumentException(
                        "a pool's name must not be empty or hold control characters: \"" + Printable.of(name) + "\"");
            }
            this.name = name;
        }

        /**
         * Commands at a time on one connection, 1 or more, default {@value #DEFAULT_CAPACITY}. More than the server's
         * MaxSessions is no error: the pool learns the limit and opens another connection.
         */
        public Builder capacity(int capacity) {
            this.capacity = requirePositive("capacity", capacity);
            return this;
        }

        /** Connections at a time, 1 or more; unbounded by default. At the bound, callers wait in line. */
        public Builder maxConnections(int maxConnections) {
            this.maxConnections = requirePositive("maxConnections", maxConnections);
            return this;
        }

        /** The pool. */
        public ConnectionPool open() {
            return new ConnectionPool(new Pool(remote, name, capacity, maxConnections));
        }

        private static int requirePositive(String name, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " must be at least 1: " + value);
            }
            return value;
        }
    }
}
