package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.NotStartedException;
import io.muxpool.Pty;
import io.muxpool.Remote;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.internal.mux.Script;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The master's own protocol, spoken over its socket: no process per command, one round trip, exact ends, signals.
 *
 * @param environment variables that the user's configuration sends (SendEnv, SetEnv)
 * @param terminal for commands without one of their own, when the configuration forces one (RequestTTY); null for none
 */
public record MuxTransport(
        Remote remote,
        Options options,
        Map<String, String> environment,
        @Nullable Pty terminal) implements Transport.OnMaster {

    /** Masters that serve it are kept apart from those of other transports by this name. */
    public static final String MODE = "mux";

    /** A packet of more than 256 KiB ends the whole connection; most systems take far less as one argument anyway. */
    private static final int MAX_LINE = 200 * 1024;

    /**
     * What a pool decides for its connections.
     *
     * @param capacity commands at once on one
     * @param spares channels opened ahead without load; 0 for none, ever
     * @param idleTime without a command, after which a master is let go
     * @param maxReceiveWindow of a channel, in bytes
     */
    public record Options(int capacity, int spares, Duration idleTime, int maxReceiveWindow) {}

    @Override
    public String mode() {
        return MODE;
    }

    @Override
    public Link link(ControlMaster master, LinkOwner owner) {
        return new MuxLink(this, master, owner);
    }

    Script script(Command command) {
        if (command.isSubsystem()) {
            return Script.subsystem(environment, command.argv().get(0));
        }
        String line = command.remoteLine();
        int bytes = line.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_LINE) {
            throw new NotStartedException(
                    "the command line has " + bytes + " bytes, and at most " + MAX_LINE
                            + " can be sent. Pass the data on standard input",
                    false,
                    null);
        }
        return Script.exec(environment, command.pty().orElse(command.refusesPty() ? null : terminal), line);
    }
}
