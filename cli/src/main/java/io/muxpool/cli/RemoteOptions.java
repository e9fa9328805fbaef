package io.muxpool.cli;

import io.muxpool.AttachPolicy;
import io.muxpool.LoginShell;
import io.muxpool.Remote;
import io.muxpool.TransportKind;
import io.muxpool.fleet.HostAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How to get to a remote: the options that {@code run} and {@code doctor} share. */
final class RemoteOptions {
    /** Stands for this machine. */
    static final String LOCAL = "-";

    @Option(names = "-F", paramLabel = "FILE", description = "ssh configuration file instead of ~/.ssh/config")
    private @Nullable Path configFile;

    @Option(names = "-p", paramLabel = "PORT", description = "port to connect to")
    private @Nullable Integer port;

    @Option(
            names = "-o",
            paramLabel = "OPTION",
            description = "an option of ssh_config(5), such as -o ConnectTimeout=5; may be repeated")
    private List<String> options = new ArrayList<>();

    @Option(names = "--ssh-program", paramLabel = "PROGRAM", description = "default: ssh; hpnssh works too")
    private String sshProgram = "ssh";

    @Option(
            names = "--socket-dir",
            paramLabel = "DIR",
            description = "where warm connections are kept (default: ~/.ssh/muxpool)")
    private @Nullable Path socketDir;

    @Option(
            names = "--persist",
            paramLabel = "TIME",
            description = "how long an unused connection stays warm, such as 90s or 10m (default: 10m)")
    private @Nullable Duration persist;

    @Option(
            names = "--keepalive",
            paramLabel = "TIME",
            description = "ask a silent server this often whether it is there; 0s: never (default: what the ssh"
                    + " configuration says, else 15s)")
    private @Nullable Duration keepalive;

    @Option(
            names = "--keepalive-count",
            paramLabel = "N",
            description = "give a server up after N questions without an answer (default: what the ssh configuration"
                    + " says, else 4)")
    private @Nullable Integer keepaliveCount;

    @Option(names = "--no-reuse", description = "a connection of its own for the command: no warm one is used or left")
    private boolean noReuse;

    @Option(
            names = "--transport",
            paramLabel = "KIND",
            completionCandidates = Choices.Transports.class,
            description = "auto, mux (the master's own protocol), process (ssh -S), plain (ssh) (default: auto)")
    private TransportKind transport = TransportKind.AUTO;

    @Option(
            names = "--attach",
            paramLabel = "HOW",
            completionCandidates = Choices.Attach.class,
            description =
                    "existing: only your own master at its ControlPath, no login is made; create: a warm one, else a"
                            + " new one; new: none that another process left (default: create)")
    private AttachPolicy attach = AttachPolicy.CREATE_IF_MISSING;

    @Option(
            names = "--login-shell",
            paramLabel = "KIND",
            completionCandidates = Choices.Shells.class,
            description =
                    "the account's login shell: posix, fish, csh (and tcsh), rc, elvish, other; unknown: learned when a"
                            + " command depends on it (default: unknown)")
    private LoginShell loginShell = LoginShell.UNKNOWN;

    @Option(
            names = {"-v", "--verbose"},
            description = "say on standard error what happens, with ssh's own words")
    private boolean verbose;

    boolean isVerbose() {
        return verbose;
    }

    /** Whether the chosen transport always waits until a command's outputs are closed. */
    boolean waitsForOutputs() {
        return noReuse || transport == TransportKind.PROCESS || transport == TransportKind.PLAIN;
    }

    /** The ssh program. */
    String sshProgram() {
        return sshProgram;
    }

    /** The configuration that ssh will read. */
    Path configFileOrDefault() {
        return configFile == null ? Path.of(System.getProperty("user.home"), ".ssh", "config") : configFile;
    }

    /**
     * A host of a list, whose own port counts more than {@code -p}.
     *
     * @throws IllegalArgumentException when it is malformed
     */
    Remote remoteOfList(String host) {
        HostAddress address = HostAddress.parse(host);
        Remote remote = remote(address.userHost());
        return address.port().isEmpty()
                ? remote
                : remote.toBuilder().port(address.port().getAsInt()).build();
    }

    /** @throws IllegalArgumentException when a value breaks a rule of {@link Remote} */
    Remote remote(String host) {
        StderrLoggers.setVerbose(verbose);
        if (host.equals(LOCAL)) {
            return Remote.local();
        }
        Remote.Builder builder = Remote.builder(host)
                .sshProgram(sshProgram)
                .configFile(configFile)
                .reuseConnection(!noReuse)
                .transport(transport)
                .attach(attach)
                .loginShell(loginShell)
                .verbose(verbose);
        if (!options.isEmpty()) {
            List<String> words = new ArrayList<>();
            // Before the defaults: ssh takes the first value it sees.
            for (String option : options) {
                if (option.isBlank()) {
                    throw new IllegalArgumentException("-o must not be empty");
                }
                words.add("-o" + option);
            }
            words.addAll(Remote.DEFAULT_EXTRA_OPTIONS);
            builder.extraOptions(words);
        }
        if (port != null) {
            builder.port(port);
        }
        builder.serverAliveInterval(keepalive);
        if (keepaliveCount != null) {
            builder.serverAliveCountMax(keepaliveCount);
        }
        if (socketDir != null) {
            builder.socketDir(socketDir);
        }
        if (persist != null) {
            builder.controlPersist(persist);
        }
        return builder.build();
    }
}
