package io.muxpool;

import io.muxpool.internal.pool.Pool;
import io.muxpool.internal.pool.Slot;
import io.muxpool.internal.text.Printable;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Warm connections to one remote, shared by the threads of this process and handed on to the next one.
 *
 * <p>Thread-safe. Opening a pool connects nothing: the first command does, or finds the connection that an earlier
 * process left. A connection carries up to {@code capacity} commands at once; when all are full another is made.
 *
 * <p>A connection leads where ssh would go when it is made. The ssh configuration is looked at again for each new
 * connection of the pool, and before a master that has ended is started again; so a pool that is open for days follows its
 * edits. A connection that is there goes on serving the pool until it is lost or let go of, whatever was edited since.
 *
 * <p>Closing refuses new work. Masters stay warm for the next process unless {@link Remote.Builder#exitOnShutdown}; a
 * connection on which commands still run is given back when the last of them ends.
 */
public final class ConnectionPool implements AutoCloseable {
    /** Sessions per connection unless asked otherwise: below the 10 that sshd allows by default (MaxSessions). */
    public static final int DEFAULT_CAPACITY = 8;

    // Nobody can cancel it, so that one is enough for all who only wait for a slot.
    private static final Job UNBOUND = Job.create();

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
        return connection(UNBOUND);
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

    /**
     * {@link #run(Command, Job)} in a thread of its own: a virtual one where the JVM has them. Returns at once.
     *
     * @return done with the result, or failed with what {@code run} throws. Cancelling it ends this command, and no other
     *     of the job, as an interrupt would: killed, and known to be dead or not by nobody but the log
     */
    public CompletableFuture<CommandResult> runAsync(Command command, Job job) {
        return Async.call(() -> run(command, job));
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
     * Refuses new work and shuts down every connection, also when one fails. Does nothing the second time. Blocks: for
     * moments, and some 12 s for each connection whose master hangs.
     *
     * @throws SocketDirectoryException when leases could not be returned in order; they are unlocked all the same. The
     *     other failures are suppressed in the first
     */
    @Override
    public void close() {
        pool.close(false);
    }

    /**
     * {@link #close()}, and the masters are stopped, whatever {@link Remote.Builder#exitOnShutdown} says: nothing stays
     * warm. That of a connection on which a command still runs is stopped when the last one ends.
     *
     * @throws SocketDirectoryException as {@link #close()} does
     */
    public void closeAndStopMasters() {
        pool.close(true);
    }

    /** Capacity, connections and free slots, for logs. */
    @Override
    public String toString() {
        return pool.toString();
    }

    /** Collects the options of a pool. Not thread-safe. */
    public static final class Builder {
        private static final Duration LONGEST_IDLE = Duration.ofDays(365);
        private static final int LEAST_WINDOW = 32 * 1024;

        private final Remote remote;
        private final String name;
        private int capacity = DEFAULT_CAPACITY;
        private int maxConnections = Integer.MAX_VALUE;
        private int spares = 1;
        private Duration idleTime = Duration.ofSeconds(60);
        private int maxReceiveWindow = 16 * 1024 * 1024;
        private @Nullable PoolListener listener;

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

        /**
         * Channels kept opened ahead of need on each connection when there is no load, default 1; 0 for none, ever. Each
         * saves its command a round trip and takes one of the server's sessions. Under load there are more, up to what
         * ran at once lately, within the capacity. For a program that runs one command and ends, 0 is best. Only the
         * mux transport has them.
         */
        public Builder spares(int spares) {
            if (spares < 0) {
                throw new IllegalArgumentException("spares must not be negative: " + spares);
            }
            this.spares = spares;
            return this;
        }

        /**
         * How long after its last command a connection lets go of its master, default 60 s, more than 0: only from then on
         * does the master's own time run, {@link Remote.Builder#controlPersist}. Only the mux transport holds masters.
         */
        public Builder idleTime(Duration idleTime) {
            if (idleTime.isNegative() || idleTime.isZero()) {
                throw new IllegalArgumentException("idleTime must be more than 0: " + idleTime);
            }
            this.idleTime = idleTime.compareTo(LONGEST_IDLE) > 0 ? LONGEST_IDLE : idleTime;
            return this;
        }

        /**
         * The most bytes that one command's output may be ahead of its reader, default 16 MiB, at least 32 KiB. A stream
         * starts with 2 MiB, and gets more when a round trip is what holds it back and its reader keeps up. Only the mux
         * transport has a say in it.
         */
        public Builder maxReceiveWindow(int bytes) {
            if (bytes < LEAST_WINDOW) {
                throw new IllegalArgumentException("maxReceiveWindow must be at least " + LEAST_WINDOW + ": " + bytes);
            }
            this.maxReceiveWindow = bytes;
            return this;
        }

        /** Hears what happens in the pool; none by default. */
        public Builder listener(PoolListener listener) {
            this.listener = Objects.requireNonNull(listener);
            return this;
        }

        /** The pool. */
        public ConnectionPool open() {
            return new ConnectionPool(new Pool(
                    remote,
                    name,
                    new Pool.Options(capacity, maxConnections, spares, idleTime, maxReceiveWindow, listener)));
        }

        private static int requirePositive(String name, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " must be at least 1: " + value);
            }
            return value;
        }
    }
}
