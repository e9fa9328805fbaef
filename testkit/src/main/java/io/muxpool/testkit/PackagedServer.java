package io.muxpool.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A real ssh server other than OpenSSH's, as Debian packages it, on a free port of 127.0.0.1 with all its files in a {@link
 * ShortTemp}. Those written in Python are libraries: a small script of ours makes a server of each. Commands run as an
 * account of their own, so only root can start one. A server left open is closed when the JVM ends. Thread-safe.
 */
public final class PackagedServer implements SshEndpoint {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    private static final String SFTP_SERVER = "/usr/lib/openssh/sftp-server";
    private static final Set<PackagedServer> OPEN = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> List.copyOf(OPEN).forEach(PackagedServer::close), "other-servers"));
    }

    /** Which server. */
    public enum Kind {
        DROPBEAR("dropbear", "dropbear-bin", ""),
        TINYSSHD("tinysshd", "tinysshd, socat", ""),
        ASYNCSSH("asyncssh", "python3-asyncssh", "asyncssh"),
        PARAMIKO("paramiko", "python3-paramiko", "paramiko"),
        CONCH("conch", "python3-twisted", "twisted.conch");

        private final String label;
        private final String packages;
        private final String module;

        Kind(String label, String packages, String module) {
            this.label = label;
            this.packages = packages;
            this.module = module;
        }

        /**
         * Why it cannot be started here, with the packages that are missing; empty when it can.
         *
         * <p>Python's libraries are those of {@code /usr/bin/python3}, for which Debian packages them.
         */
        public Optional<String> missing() {
            if (!"root".equals(System.getProperty("user.name"))) {
                return Optional.of("only root can start " + label + " with an account of its own");
            }
            boolean there = switch (this) {
                case DROPBEAR -> program("dropbear").isPresent();
                case TINYSSHD ->
                    program("tinysshd").isPresent() && program("socat").isPresent();
                case ASYNCSSH, PARAMIKO, CONCH -> hasModule();
            };
            return there ? Optional.empty() : Optional.of("no " + label + ": apt-get install " + packages);
        }

        private boolean hasModule() {
            try {
                Process python = new ProcessBuilder("/usr/bin/python3", "-W", "ignore", "-c", "import " + module)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                python.getOutputStream().close();
                return Await.exitOf(python, START_TIMEOUT) == 0;
            } catch (IOException e) {
                return false;
            }
        }

        @Override
        public String toString() {
            return label;
        }
    }

    private final Kind kind;
    private final ShortTemp temp;
    private final ThrowAwayAccount account;
    private final int port;
    private final Process process;
    private final String hostKey;
    private final Path clientConfig;

    private PackagedServer(
            Kind kind, ShortTemp temp, ThrowAwayAccount account, int port, Process process, String hostKey) {
        this.kind = kind;
        this.temp = temp;
        this.account = account;
        this.port = port;
        this.process = process;
        this.hostKey = hostKey;
        this.clientConfig = clientConfigForPort(port);
    }

    /**
     * Starts a server and returns when it listens.
     *
     * @throws IllegalStateException if it does not start; the message holds its log
     */
    public static PackagedServer start(Kind kind) {
        ShortTemp temp = ShortTemp.create();
        ThrowAwayAccount account = null;
        try {
            account = ThrowAwayAccount.create(home(kind, temp), Path.of("/bin/sh"));
            PackagedServer server = startIn(kind, temp, account);
            OPEN.add(server);
            return server;
        } catch (IOException | RuntimeException e) {
            if (account != null) {
                account.close();
            }
            temp.close();
            throw e instanceof IOException failure ? new UncheckedIOException(failure) : (RuntimeException) e;
        }
    }

    private static PackagedServer startIn(Kind kind, ShortTemp temp, ThrowAwayAccount account) throws IOException {
        SshKeys keys = SshKeys.shared();
        Path home = PrivateFiles.directory(home(kind, temp));
        Path dotSsh = PrivateFiles.directory(home.resolve(".ssh"));
        Path authorized = PrivateFiles.write(
                dotSsh.resolve("authorized_keys"), keys.user().publicFile());
        Path hostKeyFile =
                PrivateFiles.write(temp.resolve("host_key"), keys.host().privateFile());
        PrivateFiles.write(temp.resolve("user_key"), keys.user().privateFile());
        PrivateFiles.permit(temp.path(), "rwx--x--x");
        for (Path owned : List.of(home, dotSsh, authorized, hostKeyFile)) {
            account.own(owned);
        }
        Path log = temp.resolve("server.log");
        int port = Loopback.freePort();
        String hostKey = keys.host().publicKey();
        List<String> words;
        switch (kind) {
            case DROPBEAR -> {
                Path own = temp.resolve("dropbear_key");
                hostKey = keyIn(output(List.of(found("dropbearkey"), "-t", "ed25519", "-f", own.toString())));
                words = List.of(
                        found("dropbear"), "-F", "-E", "-r", own.toString(), "-p", "127.0.0.1:" + port, "-P", "");
            }
            case TINYSSHD -> {
                Path own = temp.resolve("tinysshd_keys");
                output(List.of(found("tinysshd-makekey"), own.toString()));
                hostKey = keyIn(output(List.of(found("tinysshd-printkey"), own.toString())));
                words = List.of(
                        found("socat"),
                        "TCP-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr,fork",
                        "EXEC:" + found("tinysshd") + " -x sftp=" + SFTP_SERVER + " " + own);
            }
            default -> words = python(kind, temp, account, port, hostKeyFile, authorized);
        }
        Process process = new ProcessBuilder(words)
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        process.getOutputStream().close();
        boolean listens = Await.until(START_TIMEOUT, () -> !process.isAlive() || accepts(port)) && process.isAlive();
        if (!listens) {
            Processes.killTrees(List.of(process.pid()));
            throw new IllegalStateException(kind + " did not start. Its log:\n" + Files.readString(log));
        }
        return new PackagedServer(kind, temp, account, port, process, hostKey);
    }

    /** tinysshd lets nobody in whose home is below a directory that others may write to, as /tmp is. */
    private static Path home(Kind kind, ShortTemp temp) {
        return kind == Kind.TINYSSHD ? Path.of("/run").resolve(temp.path().getFileName()) : temp.resolve("home");
    }

    private static void removeHome(Kind kind, ShortTemp temp) {
        if (kind == Kind.TINYSSHD) {
            try (Stream<Path> entries = Files.walk(home(kind, temp))) {
                for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(entry);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static List<String> python(
            Kind kind, ShortTemp temp, ThrowAwayAccount account, int port, Path hostKey, Path authorized)
            throws IOException {
        String name = kind + "_server.py";
        Path script = temp.resolve(name);
        try (InputStream resource = PackagedServer.class.getResourceAsStream(name)) {
            if (resource == null) {
                throw new IllegalStateException("no " + name + " among the resources");
            }
            Files.copy(resource, script);
        }
        account.own(script);
        return List.of(
                found("setpriv"),
                "--reuid=" + account.name(),
                "--regid=nogroup",
                "--clear-groups",
                "env",
                "HOME=" + home(kind, temp),
                "/usr/bin/python3",
                script.toString(),
                Integer.toString(port),
                hostKey.toString(),
                authorized.toString(),
                SFTP_SERVER);
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(Loopback.address(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Optional<Path> program(String name) {
        return Processes.findProgram(name, List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin"));
    }

    private static String found(String name) {
        return program(name)
                .orElseThrow(() -> new IllegalStateException("No program " + name))
                .toString();
    }

    private static String output(List<String> words) throws IOException {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (Await.exitOf(process, START_TIMEOUT) != 0) {
            throw new IllegalStateException(words + " failed: " + out);
        }
        return out;
    }

    private static String keyIn(String text) {
        List<String> found = new ArrayList<>();
        text.lines().filter(line -> line.startsWith("ssh-ed25519 ")).forEach(found::add);
        String[] words = found.get(0).split(" ", -1);
        return words[0] + " " + words[1];
    }

    /** Which server this is. */
    public Kind kind() {
        return kind;
    }

    @Override
    public String user() {
        return account.name();
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public Path dir() {
        return temp.path();
    }

    /** The home directory of the commands. */
    public Path home() {
        return home(kind, temp);
    }

    @Override
    public Path clientConfig() {
        return clientConfig;
    }

    @Override
    public Path clientConfigForPort(int otherPort) {
        return ClientConfig.write(
                temp.path(), "port" + otherPort, user(), otherPort, temp.resolve("user_key"), hostKey);
    }

    @Override
    public void close() {
        OPEN.remove(this);
        Processes.killTrees(List.of(process.pid()));
        Await.exitOf(process, Duration.ofSeconds(5));
        account.close();
        removeHome(kind, temp);
        temp.close();
    }

    @Override
    public String toString() {
        return kind + " " + process.pid() + " on " + host() + ":" + port + " in " + temp;
    }
}
