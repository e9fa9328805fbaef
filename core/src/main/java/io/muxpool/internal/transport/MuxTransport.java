package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.Input;
import io.muxpool.NotStartedException;
import io.muxpool.Pty;
import io.muxpool.Remote;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.internal.mux.Script;
import io.muxpool.internal.shell.CommandLine;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The master's own protocol, spoken over its socket: no process per command, one round trip, exact ends, signals.
 *
 * @param environment variables that the user's configuration sends (SendEnv, SetEnv)
 * @param terminal for commands without one of their own, when the configuration forces one (RequestTTY); null for none
 * @param nullsStdin whether commands get none of this process's own standard input by configuration (StdinNull)
 * @param logsInAsRoot whether commands run as root, whose commands an sshd before 9.8 does not signal
 */
public record MuxTransport(
        Remote remote,
        Options options,
        Map<String, String> environment,
        @Nullable Pty terminal,
        boolean nullsStdin,
        boolean logsInAsRoot)
        implements Transport.OnMaster {

    /** Masters that serve it are kept apart from those of other transports by this name. */
    public static final String MODE = "mux";

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

    /** The command with the input that it gets: what a caller gives it himself is not the configuration's to take away. */
    Command withInput(Command command) {
        return nullsStdin && command.stdin() instanceof Input.Inherit ? command.withStdin(Input.none()) : command;
    }

    /**
     * Writes a command for its channel.
     *
     * @param marksInLine whether the command line may hold a mark
     * @throws NotStartedException when a frame of it would end the whole connection
     */
    Script script(Command command, boolean marksInLine) {
        environment.forEach(CommandLine::requireSendable);
        if (command.isSubsystem()) {
            return Script.subsystem(environment, command.argv().get(0));
        }
        String line = CommandLine.requireSendable(command.remoteLine());
        return Script.exec(
                environment,
                command.pty().orElse(command.refusesPty() ? null : terminal),
                line,
                marksInLine ? MarkedLine.of(command, line) : null);
    }
}
