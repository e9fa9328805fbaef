package io.muxpool;

import io.muxpool.internal.shell.Quoting;
import io.muxpool.internal.text.Printable;
import io.muxpool.internal.text.Sha256;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where commands run and how to get there: a {@code user@host} with the options of the ssh program, or this machine.
 *
 * <p>Immutable and thread-safe. Everything else (keys, jumps, agents, host aliases) comes from the user's own ssh
 * configuration. The ssh flags named here are those of ssh(1) and ssh_config(5).
 */
public final class Remote {
    /** Where a remote stands in a copy from one machine to another; remotes of different locations share no connection. */
    public enum Location {
        /** The destination, and the default. */
        DST("dst"),
        /** The source. */
        SRC("src");

        private final String word;

        Location(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** What stands after the ssh program unless {@link Builder#extraOptions} says otherwise. */
    public static final List<String> DEFAULT_EXTRA_OPTIONS = List.of("-oBatchMode=yes");

    /**
     * Preferred among what the configuration allows: the fastest where the processor helps. A default that yields: it is
     * left out where the ssh configuration has a {@code Ciphers} line, and for an ssh before 8.1, which does not know
     * {@code ^}.
     */
    public static final String DEFAULT_CIPHER = "^aes256-gcm@openssh.com";

    /** How often a silent server is asked whether it is there. Yields to the configuration's {@code ServerAliveInterval}. */
    public static final Duration DEFAULT_SERVER_ALIVE_INTERVAL = Duration.ofSeconds(15);

    /** How many questions without an answer end a connection. Yields to the configuration's {@code ServerAliveCountMax}. */
    public static final int DEFAULT_SERVER_ALIVE_COUNT_MAX = 4;

    /** The keywords of ssh_config, in lower case, to whose lines a default of ours yields. */
    private static final Set<String> YIELDING = Set.of("ciphers", "serveraliveinterval", "serveralivecountmax");

    /** Options of the caller's about the same thing; ours would come after them, and mix with them. */
    private static final Pattern OWN_KEEPALIVE = Pattern.compile("(?i).*serveralive(interval|countmax).*");

    /** Likewise; ssh obeys {@code -c} even behind {@code -oCiphers}. */
    private static final Pattern OWN_CIPHER = Pattern.compile("(?i:-?o?\\s*ciphers.*)|-[46AaCfGgKkMNnqsTtVvXxYy]*c.*");

    private final @Nullable String userHost;
    private final String sshProgram;
    private final List<String> extraOptions;
    private final boolean verbose;
    private final @Nullable Path configFile;
    private final String cipher;
    private final @Nullable Duration serverAliveInterval;
    private final @Nullable Integer serverAliveCountMax;
    private final Set<String> yieldsTo;
    private final @Nullable Integer port;
    private final @Nullable Duration connectTimeout;
    private final boolean reuseConnection;
    private final TransportKind transport;
    private final AttachPolicy attach;
    private final Duration killGrace;
    private final LoginShell loginShell;
    private final Duration controlPersist;
    private final Duration controlPersistMargin;
    private final Path socketDir;
    private final Location location;
    private final boolean exitOnShutdown;

    private Remote(Builder builder) {
        userHost = builder.userHost;
        sshProgram = builder.sshProgram;
        extraOptions = builder.extraOptions;
        verbose = builder.verbose;
        configFile = builder.configFile;
        cipher = builder.cipher;
        serverAliveInterval = builder.serverAliveInterval;
        serverAliveCountMax = builder.serverAliveCountMax;
        yieldsTo = builder.yieldsTo;
        port = builder.port;
        connectTimeout = builder.connectTimeout;
        reuseConnection = builder.reuseConnection;
        transport = builder.transport;
        attach = builder.attach;
        killGrace = builder.killGrace;
        loginShell = builder.loginShell;
        controlPersist = builder.controlPersist;
        controlPersistMargin = builder.controlPersistMargin;
        socketDir = builder.socketDir;
        location = builder.location;
        exitOnShutdown = builder.exitOnShutdown;
    }

    /**
     * Starts a remote with every default.
     *
     * @param userHost {@code user@host} or {@code host}, the host being a name, an alias of ssh_config, or a bare address
     * @throws IllegalArgumentException naming the rule and the value when it could be taken for something else
     */
    public static Builder builder(String userHost) {
        return new Builder(UserHost.validate(userHost));
    }

    /** This machine: commands run directly, without ssh and without a shell. */
    public static Remote local() {
        return new Builder((String) null).build();
    }

    /** A builder holding this remote's values. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Whether this is {@link #local()}. */
    public boolean isLocal() {
        return userHost == null;
    }

    /** {@code user@host} as given; empty for {@link #local()}. */
    public Optional<String> userHost() {
        return Optional.ofNullable(userHost);
    }

    /** The ssh program: a name looked up in {@code PATH}, or a path. */
    public String sshProgram() {
        return sshProgram;
    }

    /** The words right after the program. */
    public List<String> extraOptions() {
        return extraOptions;
    }

    /** Whether {@code -v} is given. */
    public boolean verbose() {
        return verbose;
    }

    /** The file of {@code -F}. */
    public Optional<Path> configFile() {
        return Optional.ofNullable(configFile);
    }

    /** The cipher list of {@code -c}; empty text when left to the configuration. */
    public String cipher() {
        return cipher;
    }

    /** How often a silent server is asked; empty where it is left to the default and the ssh configuration. */
    public Optional<Duration> serverAliveInterval() {
        return Optional.ofNullable(serverAliveInterval);
    }

    /** How many unanswered questions end a connection; empty where it is left to the default and the configuration. */
    public OptionalInt serverAliveCountMax() {
        return serverAliveCountMax == null ? OptionalInt.empty() : OptionalInt.of(serverAliveCountMax);
    }

    /** The port of {@code -p}. */
    public OptionalInt port() {
        return port == null ? OptionalInt.empty() : OptionalInt.of(port);
    }

    /** The time of {@code -oConnectTimeout}, in whole seconds on the command line. */
    public Optional<Duration> connectTimeout() {
        return Optional.ofNullable(connectTimeout);
    }

    /** Whether commands share a ControlMaster's connection: never with {@link TransportKind#PLAIN}. */
    public boolean reuseConnection() {
        return reuseConnection && transport != TransportKind.PLAIN;
    }

    /** How commands get there, as asked for; {@link TransportKind#AUTO} leaves it to what is possible. */
    public TransportKind transport() {
        return transport;
    }

    /** Which ControlMasters may be used. */
    public AttachPolicy attach() {
        return attach;
    }

    /** How long a remote command that was given up has between TERM and KILL. */
    public Duration killGrace() {
        return killGrace;
    }

    /** The login shell of the account, as told to the builder. */
    public LoginShell loginShell() {
        return loginShell;
    }

    /** How long an unused master lives: {@code ControlPersist}. */
    public Duration controlPersist() {
        return controlPersist;
    }

    /** How long before the end of {@link #controlPersist()} a master is no longer taken for one seen lately. */
    public Duration controlPersistMargin() {
        return controlPersistMargin;
    }

    /** The root of leases and control sockets. */
    public Path socketDir() {
        return socketDir;
    }

    /** Part of the lease namespace. */
    public Location location() {
        return location;
    }

    /** Whether closing a pool stops its masters instead of leaving them warm. */
    public boolean exitOnShutdown() {
        return exitOnShutdown;
    }

    /**
     * What two remotes must have in common to share a warm connection: {@code -} for the local mode, else {@code
     * user@host#port#hash} with the unpadded URL-safe base64 of SHA-256 of the absolute configuration file path, empty
     * without one.
     */
    public String cacheNamespace() {
        if (userHost == null) {
            return "-";
        }
        String hash = configFile == null
                ? ""
                : Sha256.base64(configFile.toAbsolutePath().toString());
        return userHost + "#" + (port == null ? "" : port) + "#" + hash;
    }

    /**
     * The words of ssh up to and with {@code user@host}: program, extra options, {@code -v}, {@code -F}, keepalive, {@code
     * -c}, {@code -p}, {@code -oConnectTimeout}, {@code -S}. No words at all for the local mode. Defaults that yield to the
     * ssh configuration are among them, since it has not been read here; a pool leaves out those that it contradicts.
     *
     * @param socket the control socket for {@code -S}, or null for none
     */
    public List<String> sshWords(@Nullable Path socket) {
        if (userHost == null) {
            return List.of();
        }
        List<String> words = sshOptions(socket);
        words.add(userHost);
        return List.copyOf(words);
    }

    /** {@link #sshWords} without {@code user@host}, for whoever has more options to add. A fresh, mutable list. */
    public List<String> sshOptions(@Nullable Path socket) {
        List<String> words = new ArrayList<>();
        words.add(sshProgram);
        words.addAll(extraOptions);
        if (verbose) {
            words.add("-v");
        }
        if (configFile != null) {
            words.add("-F");
            words.add(configFile.toString());
        }
        addKeepalive(words);
        boolean yields = cipher.equals(DEFAULT_CIPHER)
                && (yieldsTo.contains("ciphers")
                        || extraOptions.stream()
                                .anyMatch(word -> OWN_CIPHER.matcher(word).matches()));
        if (!cipher.isEmpty() && !yields) {
            words.add("-c");
            words.add(cipher);
        }
        if (port != null) {
            words.add("-p");
            words.add(port.toString());
        }
        if (connectTimeout != null) {
            words.add("-oConnectTimeout=" + connectTimeout.toSeconds() + "s");
        }
        if (socket != null) {
            words.add("-S");
            // ssh expands % in this path, as in ControlPath.
            words.add(socket.toString().replace("%", "%%"));
        }
        return words;
    }

    private void addKeepalive(List<String> words) {
        boolean own = extraOptions.stream()
                .anyMatch(word -> OWN_KEEPALIVE.matcher(word).matches());
        Duration interval = serverAliveInterval;
        if (interval == null && !own && !yieldsTo.contains("serveraliveinterval")) {
            interval = DEFAULT_SERVER_ALIVE_INTERVAL;
        }
        if (interval != null) {
            words.add("-oServerAliveInterval=" + interval.toSeconds());
        }
        Integer count = serverAliveCountMax;
        // Beside an interval of the user's own, ssh's count, which he knows, stays what it is.
        if (count == null && interval != null && !own && !yieldsTo.contains("serveralivecountmax")) {
            count = DEFAULT_SERVER_ALIVE_COUNT_MAX;
        }
        if (count != null) {
            words.add("-oServerAliveCountMax=" + count);
        }
    }

    /**
     * This remote without the defaults that would overrule these keywords of ssh_config. Values that were set on the builder
     * stay.
     *
     * @param keywords in lower case, of which the ssh configuration says something; others are passed over
     */
    public Remote yieldingTo(Set<String> keywords) {
        Builder builder = toBuilder();
        Set<String> all = new TreeSet<>(yieldsTo);
        all.addAll(keywords);
        all.retainAll(YIELDING);
        builder.yieldsTo = Set.copyOf(all);
        return builder.build();
    }

    /** This remote without any default that yields: only then does {@code ssh -G} say what the user has configured. */
    public Remote withoutYieldingDefaults() {
        return yieldingTo(YIELDING);
    }

    /**
     * {@code arg} as a word for this remote's login shell; unchanged when local. As long as {@link #loginShell()} is unknown
     * it is written as {@link ShellQuote#single} does.
     *
     * @throws IllegalArgumentException when {@code arg} holds NUL, or cannot be written for the login shell
     */
    public String quote(String arg) {
        if (isLocal()) {
            return arg;
        }
        if (loginShell == LoginShell.OTHER && Quoting.dependsOnShell(arg)) {
            throw new IllegalArgumentException(
                    "how this login shell reads quotes is not known: \"" + Printable.of(arg) + "\"");
        }
        String posix = ShellQuote.single(arg);
        if (loginShell == LoginShell.UNKNOWN || loginShell == LoginShell.POSIX) {
            return posix;
        }
        StringBuilder quoted = new StringBuilder();
        Quoting.append(quoted, arg, loginShell);
        return quoted.toString();
    }

    @Override
    public String toString() {
        return userHost == null ? "local" : userHost + (port == null ? "" : " port " + port);
    }

    /** Collects the options of a {@link Remote}. Not thread-safe. */
    public static final class Builder {
        // ssh counts seconds in an int: 68 years.
        private static final Duration LONGEST = Duration.ofSeconds(Integer.MAX_VALUE);

        private final @Nullable String userHost;
        private String sshProgram = "ssh";
        private List<String> extraOptions = DEFAULT_EXTRA_OPTIONS;
        private boolean verbose;
        private @Nullable Path configFile;
        private String cipher = DEFAULT_CIPHER;
        private @Nullable Duration serverAliveInterval;
        private @Nullable Integer serverAliveCountMax;
        private Set<String> yieldsTo = Set.of();
        private @Nullable Integer port;
        private @Nullable Duration connectTimeout;
        private boolean reuseConnection = true;
        private TransportKind transport = TransportKind.AUTO;
        private AttachPolicy attach = AttachPolicy.CREATE_IF_MISSING;
        private Duration killGrace = Duration.ofSeconds(2);
        private LoginShell loginShell = LoginShell.UNKNOWN;
        private Duration controlPersist = Duration.ofSeconds(600);
        private Duration controlPersistMargin = Duration.ofSeconds(2);
        private Path socketDir = Path.of(System.getProperty("user.home"), ".ssh", "muxpool");
        private Location location = Location.DST;
        private boolean exitOnShutdown;

        private Builder(@Nullable String userHost) {
            this.userHost = userHost;
        }

        private Builder(Remote remote) {
            userHost = remote.userHost;
            sshProgram = remote.sshProgram;
            extraOptions = remote.extraOptions;
            verbose = remote.verbose;
            configFile = remote.configFile;
            cipher = remote.cipher;
            serverAliveInterval = remote.serverAliveInterval;
            serverAliveCountMax = remote.serverAliveCountMax;
            yieldsTo = remote.yieldsTo;
            port = remote.port;
            connectTimeout = remote.connectTimeout;
            reuseConnection = remote.reuseConnection;
            transport = remote.transport;
            attach = remote.attach;
            killGrace = remote.killGrace;
            loginShell = remote.loginShell;
            controlPersist = remote.controlPersist;
            controlPersistMargin = remote.controlPersistMargin;
            socketDir = remote.socketDir;
            location = remote.location;
            exitOnShutdown = remote.exitOnShutdown;
        }

        /** The ssh program, default {@code ssh}; {@code hpnssh} works too. A name is looked up in {@code PATH}. */
        public Builder sshProgram(String sshProgram) {
            if (sshProgram.isEmpty() || sshProgram.startsWith("-") || sshProgram.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "sshProgram must be a program's name or path: \"" + Printable.of(sshProgram) + "\"");
            }
            this.sshProgram = sshProgram;
            return this;
        }

        /** The words right after the program; this list replaces all of {@link #DEFAULT_EXTRA_OPTIONS}, even when empty. */
        public Builder extraOptions(List<String> extraOptions) {
            for (String option : extraOptions) {
                if (option.isEmpty() || option.indexOf('\0') >= 0) {
                    throw new IllegalArgumentException("extraOptions must not hold an empty word, or one with NUL: \""
                            + Printable.of(option) + "\"");
                }
            }
            this.extraOptions = List.copyOf(extraOptions);
            return this;
        }

        /** {@code -v}, default off: ssh's own words about connecting go to the log at DEBUG. */
        public Builder verbose(boolean verbose) {
            this.verbose = verbose;
            return this;
        }

        /** {@code -F FILE}: the ssh configuration to use instead of the user's; null for the user's, the default. */
        public Builder configFile(@Nullable Path configFile) {
            this.configFile = configFile;
            return this;
        }

        /**
         * {@code -c CIPHER}, default {@link #DEFAULT_CIPHER} (preferred, not forced, and left out where the ssh configuration
         * has {@code Ciphers}); empty leaves it to the configuration.
         */
        public Builder cipher(String cipher) {
            if (cipher.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("cipher must not hold NUL: \"" + Printable.of(cipher) + "\"");
            }
            this.cipher = cipher;
            return this;
        }

        /**
         * {@code -oServerAliveInterval=N}: how long a connection may be silent before the server is asked whether it is
         * there, in whole seconds rounded up; zero switches it off. By default, and with null: what the ssh configuration
         * says, and {@link #DEFAULT_SERVER_ALIVE_INTERVAL} where it says nothing. A server that has vanished is given up
         * after this time times {@link #serverAliveCountMax}.
         */
        public Builder serverAliveInterval(@Nullable Duration interval) {
            this.serverAliveInterval =
                    interval == null ? null : wholeSeconds(requireNotNegative("serverAliveInterval", interval));
            return this;
        }

        /**
         * {@code -oServerAliveCountMax=N}, at least 1: how many questions in a row may stay without an answer. By default
         * what the ssh configuration says, and {@link #DEFAULT_SERVER_ALIVE_COUNT_MAX} where it says nothing.
         */
        public Builder serverAliveCountMax(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("serverAliveCountMax must be at least 1: " + count);
            }
            this.serverAliveCountMax = count;
            return this;
        }

        /** {@code -p N}, 1 to 65535; by default the configuration decides. */
        public Builder port(int port) {
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException("port must be 1 to 65535: " + port);
            }
            this.port = port;
            return this;
        }

        /** {@code -oConnectTimeout=Ns}, in whole seconds rounded up; negative becomes 0; null, the default, for none. */
        public Builder connectTimeout(@Nullable Duration connectTimeout) {
            if (connectTimeout == null) {
                this.connectTimeout = null;
            } else if (connectTimeout.isNegative()) {
                this.connectTimeout = Duration.ZERO;
            } else {
                this.connectTimeout = wholeSeconds(connectTimeout.compareTo(LONGEST) > 0 ? LONGEST : connectTimeout);
            }
            return this;
        }

        /**
         * Whether commands share connections, default true. Off: one plain ssh, one handshake, per command, which is
         * {@link TransportKind#PLAIN}, and an error with a transport or an {@link #attach} that needs a shared one.
         */
        public Builder reuseConnection(boolean reuseConnection) {
            this.reuseConnection = reuseConnection;
            return this;
        }

        /** How commands get there, default {@link TransportKind#AUTO}: the best that is possible. */
        public Builder transport(TransportKind transport) {
            this.transport = Objects.requireNonNull(transport);
            return this;
        }

        /** Which ControlMasters may be used, default {@link AttachPolicy#CREATE_IF_MISSING}. */
        public Builder attach(AttachPolicy attach) {
            this.attach = Objects.requireNonNull(attach);
            return this;
        }

        /**
         * How long a remote command that timed out or was cancelled, and what it started, has between TERM and KILL,
         * default 2 s; zero for KILL at once.
         */
        public Builder killGrace(Duration killGrace) {
            this.killGrace = requireNotNegative("killGrace", killGrace);
            return this;
        }

        /**
         * The login shell of the account, default {@link LoginShell#UNKNOWN}: it is learned when a command first depends on
         * it, which is one with a word that login shells read in different ways (one that holds {@code ' \ ! $ ` ~ " % & < > ^
         * |}, a line end, U+0001, or a quotation mark that a shell might know), with a program's name that needs quotes, or with a
         * variable for a shell line.
         *
         * <p>To learn it, one more session runs a {@code printf} whose output tells shells apart. What is learned is kept
         * for a day, in the pool and beside its leases. <em>An account with a forced command runs that command for this</em>,
         * as it does for any command; it is never run for commands that do not depend on the shell. Where the answer is not
         * that of a shell which was tried, a command that depends on it is not started ({@link NotStartedException}).
         *
         * <p>Say it here when it is known, to save that session, or when an account must not be asked: {@link
         * LoginShell#OTHER}. A wrong answer lets words be changed or obeyed. To name a shell also says that the account has
         * no forced command: where the server takes no variables ({@code AcceptEnv LC_*}), already the first command that is
         * killed is then killed whole.
         */
        public Builder loginShell(LoginShell loginShell) {
            this.loginShell = Objects.requireNonNull(loginShell);
            return this;
        }

        /** {@code -oControlPersist=Ns} of a master, default 600 s, at least 1 s: how long it waits for more work. */
        public Builder controlPersist(Duration controlPersist) {
            this.controlPersist = requireNotNegative("controlPersist", controlPersist);
            return this;
        }

        /** How long before its end a master no longer counts as seen lately and is asked in turn, default 2 s. */
        public Builder controlPersistMargin(Duration margin) {
            this.controlPersistMargin = requireNotNegative("controlPersistMargin", margin);
            return this;
        }

        /**
         * The root of leases and sockets, default {@code ~/.ssh/muxpool}. Made with mode 0700 when missing. Its path must
         * leave room for about 50 more bytes: control sockets have paths of at most 90 bytes on Linux, 86 on macOS.
         */
        public Builder socketDir(Path socketDir) {
            if (socketDir.toString().isEmpty()) {
                throw new IllegalArgumentException("socketDir must not be empty");
            }
            if (socketDir.toString().contains("${")) {
                throw new IllegalArgumentException(
                        "socketDir must not hold ${, which ssh would expand: " + Printable.of(socketDir.toString()));
            }
            this.socketDir = socketDir;
            return this;
        }

        /** Keeps a source and a destination of the same name apart, default {@link Location#DST}. */
        public Builder location(Location location) {
            this.location = Objects.requireNonNull(location);
            return this;
        }

        /** Stop masters ({@code -O exit}) at pool close instead of leaving them warm; default false. */
        public Builder exitOnShutdown(boolean exitOnShutdown) {
            this.exitOnShutdown = exitOnShutdown;
            return this;
        }

        /**
         * The remote; the builder may go on being used.
         *
         * @throws IllegalArgumentException when options contradict each other: {@link TransportKind#MUX} or {@link
         *     TransportKind#PROCESS} with reuse off, {@link AttachPolicy#REQUIRE_EXISTING} without a shared connection
         */
        public Remote build() {
            boolean needsMaster = transport == TransportKind.MUX || transport == TransportKind.PROCESS;
            if (needsMaster && !reuseConnection) {
                throw new IllegalArgumentException("transport " + transport
                        + " shares a master's connection, so reuseConnection must not be false");
            }
            Remote remote = new Remote(this);
            if (attach == AttachPolicy.REQUIRE_EXISTING && !remote.reuseConnection()) {
                throw new IllegalArgumentException(
                        "attach REQUIRE_EXISTING allows no login, and a connection per command is one each:"
                                + " reuseConnection must not be false, and transport not PLAIN");
            }
            return remote;
        }

        private static Duration wholeSeconds(Duration duration) {
            return Duration.ofSeconds(duration.plusNanos(999_999_999).toSeconds());
        }

        private static Duration requireNotNegative(String name, Duration value) {
            if (value.isNegative()) {
                throw new IllegalArgumentException(name + " must not be negative: " + value);
            }
            return value.compareTo(LONGEST) > 0 ? LONGEST : value;
        }
    }
}
