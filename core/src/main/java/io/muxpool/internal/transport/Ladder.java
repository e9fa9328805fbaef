package io.muxpool.internal.transport;

import io.muxpool.AttachPolicy;
import io.muxpool.Job;
import io.muxpool.NotStartedException;
import io.muxpool.Pty;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.internal.process.FileReservation;
import io.muxpool.internal.process.KeptConfig;
import io.muxpool.internal.process.Programs;
import io.muxpool.internal.process.SshConfig;
import io.muxpool.internal.process.SshVersion;
import io.muxpool.internal.process.UserEnvironment;
import io.muxpool.internal.text.Printable;
import io.muxpool.internal.turn.Turn;
import io.muxpool.internal.unix.OwnLimits;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Which transport a pool's commands take: the best that the platform, the ssh program and the user's configuration let
 * us. Chosen for each new connection of the pool, from the configuration as it is then: a pool may be open for days while
 * its user edits it. Connections that are there go on as they are.
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
    /** For how long a choice made ahead holds: a pool resolves anew for each connection. */
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Turn choosing = new Turn();

    // Names the connections of this pool where nobody can tell where they lead: no other pool has the name.
    private final String unknown = "unknown-" + UUID.randomUUID();

    // Both are only touched in turn.
    private @Nullable Rung chosen;
    private long chosenAt;

    // Written and read in turn: what was chosen ahead of a connection.
    private @Nullable Rung unused;

    /**
     * What was chosen.
     *
     * @param why in a few words
     * @param remote the pool's, without the defaults to which its configuration says something else
     * @param identity a name for where its connections lead and as whom: only those of the same name are interchangeable;
     *     empty where connections are not shared
     * @param servers that a login passes, see {@link KeptConfig.Resolved}
     * @param guestAt the socket of a master of the user's own, which is used and never started, held or stopped; null for
     *     masters of ours
     */
    public record Rung(
            Transport transport,
            String why,
            Remote remote,
            String identity,
            List<String> servers,
            @Nullable Path guestAt) {
        Rung withServers(List<String> passed) {
            return new Rung(transport, why, remote, identity, passed, guestAt);
        }
    }

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
     * The transport, as the configuration is now. Where nothing proves that the last answer still holds, this asks the ssh
     * program, some 25 ms; threads that ask at the same time share the answer.
     *
     * @throws NotStartedException when the one that was asked for cannot be had
     * @throws io.muxpool.JobException when the job ends first
     */
    public Rung rung(Job job) {
        long arrived = System.nanoTime();
        try (FileReservation files = FileReservation.forConnection(job)) {
            choosing.take(job, "choosing a transport");
            try {
                Rung now = chosen;
                if (now == null || chosenAt - arrived < 0) {
                    chosenAt = System.nanoTime();
                    now = choose(job);
                    chosen = now;
                }
                return now;
            } finally {
                choosing.end();
            }
        }
    }

    /**
     * As {@link #rung}, for a connection that is about to be made: a choice that this very command has led to a moment ago,
     * for what is stored beside the leases, is not made twice.
     */
    public Rung rungForConnection(Job job) {
        choosing.take(job, "choosing a transport");
        try {
            Rung fresh = unused;
            unused = null;
            if (fresh != null && System.nanoTime() - chosenAt < FRESH_NANOS) {
                return fresh;
            }
        } finally {
            choosing.end();
        }
        return rung(job);
    }

    /** As {@link #rung}; the next {@link #rungForConnection} may have the same. */
    public Rung rungAhead(Job job) {
        Rung ahead = rung(job);
        choosing.take(job, "choosing a transport");
        try {
            unused = ahead;
        } finally {
            choosing.end();
        }
        return ahead;
    }

    /** Whether a connection that is made now would be interchangeable with those of an earlier choice. */
    public boolean leadsWhereItDid(Rung earlier, Job job) {
        Rung now = rung(job);
        return now.identity.equals(earlier.identity) && now.transport.mode().equals(earlier.transport.mode());
    }

    private Rung choose(Job job) {
        if (remote.isLocal()) {
            return chose(new LocalTransport(), "this machine", remote, "");
        }
        Programs.requireSsh(remote.sshProgram());
        if (remote.transport() == TransportKind.PLAIN || !remote.reuseConnection()) {
            KeptConfig.Resolved resolved = KeptConfig.read(remote, KeptConfig.Shelf.NONE, job);
            Remote direct = effective(resolved, job);
            return chose(new PlainTransport(direct, resolved.servers()), "asked for", direct, "");
        }
        if (remote.attach() == AttachPolicy.REQUIRE_EXISTING) {
            return guest(SshConfig.read(remote, job));
        }
        // Windows' OpenSSH has no ControlMaster.
        if (System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("windows")) {
            KeptConfig.Resolved resolved = KeptConfig.read(remote, KeptConfig.Shelf.NONE, job);
            Remote direct = effective(resolved, job);
            return fallBack(
                    new PlainTransport(direct, resolved.servers()),
                    "this platform's ssh has no ControlMaster",
                    direct,
                    "");
        }
        KeptConfig.Resolved resolved = KeptConfig.read(remote, shelf, job);
        return onMaster(resolved, job).withServers(resolved.servers());
    }

    private Rung onMaster(KeptConfig.Resolved resolved, Job job) {
        SshConfig config = resolved.config();
        Remote effective = effective(resolved, job);
        String identity = resolved.identityNow().orElseGet(this::unknownIdentity);
        Transport process = new ProcessTransport(effective);
        if (remote.transport() == TransportKind.PROCESS) {
            return chose(process, "asked for", effective, identity);
        }
        SshVersion version = SshVersion.of(remote.sshProgram(), job);
        if (!version.isAtLeast(7, 4)) {
            return fallBack(
                    process,
                    version.isKnown()
                            ? remote.sshProgram() + " is older than OpenSSH 7.4"
                            : remote.sshProgram() + " does not say that it is OpenSSH 7.4 or later",
                    effective,
                    identity);
        }
        Optional<String> reason = config.needsSshProgram();
        if (reason.isPresent()) {
            return fallBack(process, reason.get(), effective, identity);
        }
        requireNoCommand(config);
        // The size of a terminal that nobody asked a size of: what a terminal has that was never resized.
        Pty terminal = config.requestsTty(false) ? Pty.of(80, 24) : null;
        return chose(
                new MuxTransport(
                        effective,
                        options,
                        config.environment(UserEnvironment.all()),
                        terminal,
                        config.nullsStdin(),
                        config.logsInAsRoot()),
                "the best there is",
                effective,
                identity);
    }

    private String unknownIdentity() {
        LOG.log(
                Level.INFO,
                "where connections to {0} lead cannot be told from its ssh configuration: pool {1} shares them with no"
                        + " other process",
                remote,
                pool);
        return unknown;
    }

    /** Without the defaults that would overrule the user's configuration, or that the program does not know. */
    private Remote effective(KeptConfig.Resolved resolved, Job job) {
        Remote yielding = remote.yieldingTo(resolved.said());
        return SshVersion.of(remote.sshProgram(), job).isAtLeast(8, 1)
                ? yielding
                : yielding.yieldingTo(Set.of("ciphers"));
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
        // It connects nowhere: what a connection is made with is no affair of its.
        Remote guest = remote.withoutYieldingDefaults();
        return new Rung(new ProcessTransport(guest), "a guest on " + socket, guest, "", List.of(), socket);
    }

    private Rung chose(Transport transport, String why, Remote effective, String identity) {
        LOG.log(Level.DEBUG, "pool {0} of {1} uses the {2} transport ({3})", pool, remote, transport.mode(), why);
        return new Rung(transport, why, effective, identity, List.of(), null);
    }

    private Rung fallBack(Transport transport, String why, Remote effective, String identity) {
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
        Rung before = chosen;
        Level level = before != null && before.why.equals(why) ? Level.DEBUG : Level.INFO;
        LOG.log(level, "pool {0} of {1} uses the {2} transport: {3}", pool, remote, transport.mode(), why);
        return new Rung(transport, why, effective, identity, List.of(), null);
    }
}
