package io.muxpool.fleet;

import io.muxpool.Command;
import io.muxpool.ConnectionPool;
import io.muxpool.Input;
import io.muxpool.Output;
import io.muxpool.Remote;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * Many hosts, each with warm connections of its own. Thread-safe; runs may overlap.
 *
 * <p>Closing a fleet leaves its masters warm for the next process, as {@link ConnectionPool#close()} does. Close its runs
 * first.
 */
public final class Fleet implements AutoCloseable {
    private final Carrier carrier;

    private Fleet(Carrier carrier) {
        this.carrier = carrier;
    }

    /** A fleet over warm pools in this process. */
    public static Builder builder() {
        return new Builder();
    }

    /** A fleet whose commands that carrier runs, and which closes it. */
    public static Fleet over(Carrier carrier) {
        return new Fleet(Objects.requireNonNull(carrier));
    }

    /** {@link #run(Collection, Function, RunPlan)} of one command by the default plan. */
    public FleetRun run(Collection<String> hosts, Command command) {
        return run(hosts, command, RunPlan.defaults());
    }

    /** {@link #run(Collection, Function, RunPlan)} of one command. */
    public FleetRun run(Collection<String> hosts, Command command, RunPlan plan) {
        requireShareable(command);
        return run(hosts, host -> command, plan);
    }

    /**
     * Starts a run over the hosts, in their order. Returns at once.
     *
     * @param hosts as {@link HostAddress} reads them, unless the fleet's remotes say otherwise
     * @param commands what to run on a host; called in a thread of the run
     * @throws IllegalArgumentException when there is no host, or one is there twice: it would run twice
     */
    public FleetRun run(Collection<String> hosts, Function<? super String, Command> commands, RunPlan plan) {
        List<String> all = List.copyOf(hosts);
        if (all.isEmpty()) {
            throw new IllegalArgumentException("a run needs at least one host, and got none");
        }
        Set<String> seen = new LinkedHashSet<>();
        all.forEach(host -> {
            if (!seen.add(host)) {
                throw new IllegalArgumentException(
                        "a host is there twice, and the command would run on it twice: " + host);
            }
        });
        return new FleetRun(carrier, all, commands, plan).start();
    }

    /** What one host reads of a stream, or writes into it, would be mixed up with the others'. */
    private static void requireShareable(Command command) {
        boolean fromOne = command.stdin() instanceof Input.FromStream || command.stdin() instanceof Input.Inherit;
        if (fromOne || isOne(command.stdout()) || isOne(command.stderr())) {
            throw new IllegalArgumentException(
                    "many hosts cannot share one stream: give each its own command, or bytes to read and captures to"
                            + " write: " + command);
        }
    }

    private static boolean isOne(Output output) {
        return !(output instanceof Output.Capture) && !(output instanceof Output.Discard);
    }

    /** Lets go of all hosts, their masters left warm. Runs that are not over fail on hosts that come later. */
    @Override
    public void close() {
        carrier.close();
    }

    /** Collects the options of a fleet. Not thread-safe. */
    public static final class Builder {
        /** Masters kept warm unless asked otherwise. */
        public static final int DEFAULT_MAX_WARM = 1024;

        private Function<? super String, Remote> remotes =
                host -> HostAddress.parse(host).remote();
        private String poolName = "fleet";
        private int maxWarm = DEFAULT_MAX_WARM;
        private int spares;

        private Builder() {}

        /** What a host's name stands for; by default its {@link HostAddress} with every default. */
        public Builder remotes(Function<? super String, Remote> remotes) {
            this.remotes = Objects.requireNonNull(remotes);
            return this;
        }

        /** The name of each host's pool, default {@code fleet}: pools of different names share no connection. */
        public Builder poolName(String poolName) {
            this.poolName = Objects.requireNonNull(poolName);
            return this;
        }

        /**
         * Hosts kept warm, 1 or more, default {@value #DEFAULT_MAX_WARM}. Beyond it the one used longest ago is let go,
         * and its master stopped: each is a process, on this machine and on the host. Those at work count, and stay.
         */
        public Builder maxWarm(int maxWarm) {
            if (maxWarm < 1) {
                throw new IllegalArgumentException("the hosts kept warm must be at least 1: " + maxWarm);
            }
            this.maxWarm = maxWarm;
            return this;
        }

        /**
         * Channels kept opened ahead on each connection, default 0: right for one command per host. With 1, the next
         * command on a host saves a round trip. See {@link ConnectionPool.Builder#spares}.
         */
        public Builder spares(int spares) {
            this.spares = spares;
            return this;
        }

        /** The fleet. Connects nothing. */
        public Fleet build() {
            return over(carrier());
        }

        /** Only what carries commands to hosts, for whoever decides by other means which host is next. */
        public Carrier carrier() {
            String name = poolName;
            int ahead = spares;
            return new WarmPools(
                    remotes,
                    remote -> ConnectionPool.builder(remote, name).spares(ahead).open(),
                    maxWarm);
        }
    }
}
