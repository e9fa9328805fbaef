package io.muxpool.internal.transport;

import io.muxpool.AttachPolicy;
import io.muxpool.Job;
import io.muxpool.NotStartedException;
import io.muxpool.Pty;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.internal.process.KeptConfig;
import io.muxpool.internal.process.Programs;
import io.muxpool.internal.process.SshConfig;
import io.muxpool.internal.process.SshVersion;
import io.muxpool.internal.text.Printable;
import io.muxpool.internal.turn.Turn;
import io.muxpool.internal.unix.OwnLimits;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which transport a pool's commands take: the best that the platform, the ssh program and the user's configuration let
 * us. Chosen once, by the first command, since the ssh program has to be asked for it.
 *
 * <pre>
 *   mux      the master's own protocol     OpenSSH 7.4 and later; not when the ssh program itself is needed
 *   process  ssh -S per command            wherever there are ControlMasters
 *   plain    a connection per command      Windows; or when reuse is off
 * </pre>
 */
public final class Ladder {
    private static final Logger LOG = System.getLogger("io.muxpool.pool");

    private final Remote remote;
    private final String pool;
    private final MuxTransport.Options options;
    private final KeptConfig.Shelf shelf;
    private final Turn choosing = new Turn();

    private volatile @Nullable Rung chosen;

    /**
     * What was chosen.
     *
     * @param why in a few words
     * @param guestAt the socket of a master of the user's own, which is used and never started, held or stopped; null for
     *     masters of ours
     */
    public record Rung(
            Transport transport, String why, @Nullable Path guestAt) {}

    /**
     * Asks nobody yet.
     *
     * @param pool its name, for the log
     * @param shelf where what the ssh program said may be kept
     */
    public Ladder(Remote remote, String pool, MuxTransport.Options options, KeptConfig.Shelf shelf) {
        this.remote = remote;
        this.pool = pool;
        this.options = options;
        this.shelf = shelf;
    }

    /**
     * The transport; asks the ssh program the first time, a few milliseconds.
     *
     * @throws NotStartedException when the one that was asked for cannot be had
     * @throws io.muxpool.JobException when the job ends first
     */
    public Rung rung(Job job) {
        Rung now = chosen;
        if (now != null) {
            return now;
        }
        choosing.take(job, "choosing a transport");
        try {
            now = chosen;
            if (now == null) {
                now = choose(job);
                chosen = now;
            }
            return now;
        } finally {
            choosing.end();
        }
    }

    private Rung choose(Job job) {
        if (remote.isLocal()) {
            return chose(new LocalTransport(), "this machine");
        }
        Programs.requireSsh(remote.sshProgram());
        if (remote.transport() == TransportKind.PLAIN || !remote.reuseConnection()) {
            return chose(new PlainTransport(remote), "asked for");
        }
        if (remote.attach() == AttachPolicy.REQUIRE_EXISTING) {
            return guest(SshConfig.read(remote, job));
        }
        // Windows' OpenSSH has no ControlMaster.
        if (System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("windows")) {
            return fallBack(new PlainTransport(remote), "this platform's ssh has no ControlMaster");
        }
        if (remote.transport() == TransportKind.PROCESS) {
            return chose(new ProcessTransport(remote), "asked for");
        }
        SshConfig config = KeptConfig.read(remote, shelf, job);
        SshVersion version = SshVersion.of(remote.sshProgram(), job);
        if (!version.isAtLeast(7, 4)) {
            return fallBack(
                    new ProcessTransport(remote),
                    version.isKnown()
                            ? remote.sshProgram() + " is older than OpenSSH 7.4"
                            : remote.sshProgram() + " does not say that it is OpenSSH 7.4 or later");
        }
        Optional<String> reason = config.needsSshProgram();
        if (reason.isPresent()) {
            return fallBack(new ProcessTransport(remote), reason.get());
        }
        requireNoCommand(config);
        // The size of a terminal that nobody asked a size of: what a terminal has that was never resized.
        Pty terminal = config.requestsTty(false) ? Pty.of(80, 24) : null;
        return chose(
                new MuxTransport(remote, options, config.environment(System.getenv()), terminal), "the best there is");
    }

    /** ssh itself refuses a command beside a configured one, with every transport; it shall not be found out at a master. */
    private void requireNoCommand(SshConfig config) {
        config.remoteCommand().ifPresent(command -> {
            throw new NotStartedException(
                    "the ssh configuration gives " + remote + " a RemoteCommand (" + Printable.of(command)
                            + "), and ssh refuses another beside it. Put -oRemoteCommand=none first in extraOptions (-o"
                            + " RemoteCommand=none), or use another Host alias",
                    false,
                    null);
        });
    }

    /**
     * A master of the user's own serves others too, so sessions may be refused at any time; refused through proxy mode, the
     * master would die when we leave. ssh -S does it no harm.
     */
    private Rung guest(SshConfig config) {
        config.failure().ifPresent(why -> {
            throw new NotStartedException("the ControlPath of " + remote + " cannot be found out: " + why, false, null);
        });
        if (remote.transport() == TransportKind.MUX) {
            throw new NotStartedException(
                    "the mux transport is not used on a master of your own, which a refused session would end: ask for"
                            + " the process transport, or leave the choice to the pool",
                    false,
                    null);
        }
        Path socket = config.controlPath()
                .orElseThrow(() -> new NotStartedException(
                        "only a master of your own may be used for " + remote + " (AttachPolicy.REQUIRE_EXISTING), and"
                                + " its ssh configuration has no ControlPath",
                        false,
                        null));
        LOG.log(Level.DEBUG, "pool {0} of {1} is a guest on {2}", pool, remote, socket);
        return new Rung(new ProcessTransport(remote), "a guest on " + socket, socket);
    }

    private Rung chose(Transport transport, String why) {
        LOG.log(Level.DEBUG, "pool {0} of {1} uses the {2} transport ({3})", pool, remote, transport.mode(), why);
        return new Rung(transport, why, null);
    }

    private Rung fallBack(Transport transport, String why) {
        IOException found = new IOException(why);
        if (OwnLimits.reachedOrNear(found) != null) {
            // That passes, and a choice is for the pool's life.
            throw new NotStartedException("cannot find out how to connect to " + remote + ": " + why, true, found);
        }
        if (remote.transport() != TransportKind.AUTO) {
            throw new NotStartedException(
                    "the " + remote.transport().name().toLowerCase(Locale.ROOT) + " transport cannot be used for "
                            + remote + ": " + why + ". Leave the choice to the pool, or ask for the "
                            + transport.mode() + " transport",
                    false,
                    null);
        }
        LOG.log(Level.INFO, "pool {0} of {1} uses the {2} transport: {3}", pool, remote, transport.mode(), why);
        return new Rung(transport, why, null);
    }
}
