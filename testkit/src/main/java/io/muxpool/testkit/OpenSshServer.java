package io.muxpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A real {@code sshd} of its own on a free port of 127.0.0.1, run as the current user, with all its files in a
 * {@link ShortTemp} and reachable through {@link #clientConfig()}. Its commands run as the current user, too, unless
 * {@link Builder#asOrdinaryUser()} says otherwise.
 *
 * <p>The sshd is the system's unless another one was named: see {@link Ssh}.
 *
 * <p>Commands run with an empty home directory: the start files of a login shell may cost more than everything that a
 * test measures. What still runs when the server is stopped is killed, also in a session of its own. A server left open is
 * closed when the JVM ends. Thread-safe.
 */
public final class OpenSshServer implements SshEndpoint {

    private static final Duration START_TIMEOUT = Duration.ofSeconds(20);
    private static final int PORT_ATTEMPTS = 5;
    private static final Set<OpenSshServer> OPEN = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> List.copyOf(OPEN).forEach(OpenSshServer::close), "openssh-servers"));
    }

    private final ShortTemp temp;
    private final @Nullable ThrowAwayAccount account;
    private final Path log;
    private final int port;
    private final Process sshd;
    private final Path clientConfig;

    private OpenSshServer(ShortTemp temp, @Nullable ThrowAwayAccount account, Path log, int port, Process sshd) {
        this.temp = temp;
        this.account = account;
        this.log = log;
        this.port = port;
        this.sshd = sshd;
        this.clientConfig = config("client", port, "user_key", SshKeys.shared().host());
    }

    /** Starts a server with the defaults. See {@link Builder#start()}. */
    public static OpenSshServer start() {
        return builder().start();
    }

    /** A server yet to be configured. */
    public static Builder builder() {
        return new Builder();
    }

    /** Lines for {@code sshd_config}. Not thread-safe. */
    public static final class Builder {

        private final List<String> options = new ArrayList<>();
        private boolean ordinaryUser;
        private Path loginShell = Path.of("/bin/sh");

        private Builder() {}

        /**
         * Adds a line before the defaults; sshd takes the first value of a keyword. Don't quieten {@code LogLevel} below
         * INFO: the log tells when the server listens. A {@code SetEnv} of yours, of which sshd also takes the first
         * only, gets the home directory of the commands appended. An {@code AcceptEnv} of
         * yours replaces the default, which takes what begins with LC_.
         *
         * @param keyword as in sshd_config(5), such as {@code MaxSessions}
         */
        public Builder option(String keyword, String value) {
            options.add(keyword + " " + value);
            return this;
        }

        /**
         * Lets commands run as a user who is not root: sshd up to 9.7 refuses a root login's request to signal a command.
         * Where the tests run as root, that is an account of its own, made for this server and gone after
         * {@link OpenSshServer#close()}; others may then look a file up in {@link OpenSshServer#dir()}, but not list it.
         * Where they do not, it is the current user as ever.
         */
        public Builder asOrdinaryUser() {
            ordinaryUser = true;
            return this;
        }

        /**
         * As {@link #asOrdinaryUser()}, with this login shell. Needs root: an account's shell cannot be chosen otherwise.
         *
         * @param shell its path, such as {@code /usr/bin/fish}
         */
        public Builder loginShell(Path shell) {
            ordinaryUser = true;
            loginShell = shell;
            return this;
        }

        /** Whether {@link #loginShell} has an effect here: only root can make an account. */
        public static boolean canChooseLoginShell() {
            return runsAsRoot();
        }

        /**
         * Starts the server and returns when it listens, after some 25 ms.
         *
         * @throws IllegalStateException if there is no sshd, or it does not start; the message holds its log
         */
        public OpenSshServer start() {
            ShortTemp temp = ShortTemp.create();
            ThrowAwayAccount account = null;
            try {
                account =
                        ordinaryUser && runsAsRoot() ? ThrowAwayAccount.create(temp.resolve("home"), loginShell) : null;
                OpenSshServer server = startIn(temp, account, List.copyOf(options));
                OPEN.add(server);
                return server;
            } catch (RuntimeException e) {
                if (account != null) {
                    account.close();
                }
                temp.close();
                throw e;
            }
        }
    }

    /**
     * Skips a test that needs a terminal where a server's sshd cannot give one: not run by root, it may not change the group
     * of a terminal, and here terminals are not made with the right one.
     */
    public static void assumeTerminals() {
        Assumptions.assumeTrue(
                runsAsRoot() || terminalsHaveTheirGroup(),
                "only root can give terminals away where /dev/pts is mounted without gid=");
    }

    private static boolean terminalsHaveTheirGroup() {
        try {
            Path mounts = Path.of("/proc/mounts");
            return !Files.exists(mounts)
                    || Files.readAllLines(mounts).stream()
                            .anyMatch(line -> line.contains(" /dev/pts ") && line.contains("gid="));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String user() {
        return account == null ? currentUser() : account.name();
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public Path dir() {
        return temp.path();
    }

    /** The home directory of the commands, empty at first. */
    public Path home() {
        return temp.resolve("home");
    }

    /** The process that listens. */
    public long pid() {
        return sshd.pid();
    }

    /** What sshd has logged so far, at level VERBOSE or that of the option {@code LogLevel}. */
    public String log() {
        return readLog(log);
    }

    /**
     * Waits for a text in the log.
     *
     * @return whether it is there; false when the time is up or the calling thread was interrupted
     */
    public boolean awaitLog(String text, Duration atMost) {
        return Await.until(atMost, () -> log().contains(text));
    }

    @Override
    public Path clientConfig() {
        return clientConfig;
    }

    @Override
    public Path clientConfigForPort(int otherPort) {
        return config(
                "port" + otherPort, otherPort, "user_key", SshKeys.shared().host());
    }

    /** A client configuration that expects another host key, so that ssh refuses the server. */
    public Path clientConfigWithWrongHostKey() {
        return config("wrong_host", port, "user_key", SshKeys.shared().stranger());
    }

    /** A client configuration whose user key the server does not know, so that it refuses the user. */
    public Path clientConfigWithUnknownUserKey() {
        return config("unknown_user", port, "stranger_key", SshKeys.shared().host());
    }

    /** The server's child processes: one for each connection, from its first byte on. */
    public List<Long> connections() {
        return sshd.children().map(ProcessHandle::pid).filter(Processes::alive).toList();
    }

    /**
     * The server's live descendants by pid, each with its command line: those of sshd for the connections, and the commands
     * with their children. A process that left the tree, as a daemon does or when the sshd above it was killed, is not
     * among them: {@link Processes#awaitNoneWithArgument} finds those, too.
     */
    public Map<Long, String> processes() {
        Map<Long, String> lines = new TreeMap<>();
        Processes.descendants(pid()).forEach(pid -> lines.put(pid, Processes.commandLine(pid)));
        lines.values().removeIf(String::isEmpty);
        return lines;
    }

    /**
     * Changes how many sessions a connection may have at a time, for connections made from now on: sshd reads its
     * configuration again. For a moment it does not listen.
     */
    public void maxSessions(int sessions) {
        Path config = temp.resolve("sshd_config");
        try {
            // sshd takes the first value of a keyword.
            String rest = Files.readString(config)
                    .lines()
                    .filter(line -> !line.startsWith("MaxSessions "))
                    .collect(Collectors.joining("\n", "", "\n"));
            Path next = PrivateFiles.write(temp.resolve("sshd_config.new"), "MaxSessions " + sessions + "\n" + rest);
            Files.move(next, config, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot change " + config, e);
        }
        Processes.signal(pid(), "HUP");
    }

    /** Kills every connection and what runs over it without a word to the clients. The server goes on listening. */
    public void killConnections() {
        Processes.killTrees(connections());
    }

    /**
     * Kills the listener, every connection and every command, as a power cut would. The files stay. Harmless when repeated.
     */
    public void stop() {
        if (sshd.isAlive()) {
            Processes.killTrees(List.of(sshd.pid()));
            Await.exitOf(sshd, Duration.ofSeconds(5));
        }
        // Commands in sessions of their own, and those whose sshd was killed, are known by their home directory.
        Processes.killWithVariable("HOME=" + home());
    }

    @Override
    public void close() {
        OPEN.remove(this);
        stop();
        if (account != null) {
            account.close();
        }
        temp.close();
    }

    @Override
    public String toString() {
        return "sshd " + pid() + " on " + host() + ":" + port + " in " + temp;
    }

    private Path config(String name, int forPort, String identity, SshKeys.Key hostKey) {
        return ClientConfig.write(temp.path(), name, user(), forPort, temp.resolve(identity), hostKey.publicKey());
    }

    private static OpenSshServer startIn(ShortTemp temp, @Nullable ThrowAwayAccount account, List<String> options) {
        Path program = Ssh.server(Ssh.root());
        makePrivilegeSeparationDirectory();
        SshKeys keys = SshKeys.shared();
        PrivateFiles.directory(temp.resolve("home"));
        PrivateFiles.write(temp.resolve("host_key"), keys.host().privateFile());
        PrivateFiles.write(temp.resolve("user_key"), keys.user().privateFile());
        PrivateFiles.write(temp.resolve("stranger_key"), keys.stranger().privateFile());
        PrivateFiles.write(temp.resolve("authorized_keys"), keys.user().publicFile());
        if (account != null) {
            // sshd reads the one and enters the other with the rights of the account.
            PrivateFiles.permit(temp.path(), "rwx--x--x");
            account.own(temp.resolve("authorized_keys"));
            account.own(temp.resolve("home"));
        }
        Path log = temp.resolve("sshd.log");
        for (int attempt = 1; attempt <= PORT_ATTEMPTS; attempt++) {
            int port = Loopback.freePort();
            Path config = PrivateFiles.write(temp.resolve("sshd_config"), sshdConfig(temp, options, port));
            PrivateFiles.write(log, "");
            Process sshd = spawn(program, config, log);
            if (listens(sshd, log, port)) {
                return new OpenSshServer(temp, account, log, port, sshd);
            }
            // Another program may have taken the port since; anything else would fail again.
            if (!readLog(log).contains("Cannot bind any address")) {
                break;
            }
        }
        throw new IllegalStateException(program + " did not start. Its log:\n" + readLog(log));
    }

    private static String sshdConfig(ShortTemp temp, List<String> options, int port) {
        String setHome = "HOME=" + temp.resolve("home");
        String first = Stream.concat(options.stream(), Ssh.serverOptions(Ssh.root()).stream())
                .map(line -> line.startsWith("SetEnv ") ? line + " " + setHome : line)
                .map(line -> line + "\n")
                .collect(Collectors.joining());
        // As most systems ship it; sshd would add to it what an option says.
        String accepted = options.stream().anyMatch(line -> line.startsWith("AcceptEnv ")) ? "" : "AcceptEnv LC_*\n";
        return first
                + """
                ListenAddress %s
                Port %d
                HostKey %s
                AuthorizedKeysFile %s
                StrictModes no
                UsePAM no
                PidFile none
                PasswordAuthentication no
                KbdInteractiveAuthentication no
                PermitRootLogin prohibit-password
                LogLevel VERBOSE
                SetEnv %s
                MaxStartups 200:30:400
                %s
                PrintMotd no
                PrintLastLog no
                UseDNS no
                """.formatted(
                                Loopback.HOST,
                                port,
                                temp.resolve("host_key"),
                                temp.resolve("authorized_keys"),
                                setHome,
                                accepted);
    }

    private static Process spawn(Path program, Path config, Path log) {
        try {
            Process process = new ProcessBuilder(program.toString(), "-D", "-e", "-f", config.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            process.getOutputStream().close();
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot run " + program, e);
        }
    }

    /** The log is better than a probing connect: it leaves no trace, and another program's port cannot deceive it. */
    private static boolean listens(Process sshd, Path log, int port) {
        String line = "Server listening on " + Loopback.HOST + " port " + port;
        Await.until(START_TIMEOUT, () -> !sshd.isAlive() || readLog(log).contains(line));
        if (sshd.isAlive() && readLog(log).contains(line)) {
            return true;
        }
        sshd.destroyForcibly();
        Await.exitOf(sshd, Duration.ofSeconds(5));
        return false;
    }

    private static String readLog(Path log) {
        try {
            return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(no log: " + e + ")";
        }
    }

    /** Debian's sshd, started as root, wants the empty directory that only its service script creates. */
    private static void makePrivilegeSeparationDirectory() {
        Path run = Path.of("/run");
        Path directory = run.resolve("sshd");
        if (!runsAsRoot() || !Files.isDirectory(run) || Files.exists(directory)) {
            return;
        }
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot create " + directory + ", which sshd needs", e);
        }
    }

    private static boolean runsAsRoot() {
        return currentUser().equals("root");
    }

    private static String currentUser() {
        @Nullable String name = System.getProperty("user.name");
        if (name == null || name.isEmpty()) {
            throw new IllegalStateException("The system property user.name is empty");
        }
        return name;
    }
}
