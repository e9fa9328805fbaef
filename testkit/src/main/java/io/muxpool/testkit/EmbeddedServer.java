package io.muxpool.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.command.CommandFactory;

/**
 * An ssh server inside this JVM, on a free port of 127.0.0.1, that runs commands by {@code /bin/sh -c}: for machines
 * without an {@code sshd}, and as a second implementation that a client must get on with.
 *
 * <p>It lets in one key, which it makes up itself and writes into its own directory of mode 0700, under any user name.
 * Commands run as the user of this JVM, in the empty directory {@code home}, with the environment that the client sent.
 * There are no shells, subsystems or forwardings, and no idle timeout. Thread-safe.
 *
 * <p>Or it runs no process at all, for figures that are the client's and not those of {@code fork}: see
 * {@link #startWithBuiltins}.
 */
public final class EmbeddedServer implements SshEndpoint {

    private static final String USER = "demo";

    private final ShortTemp temp;
    private final SshServer server;
    private final String hostKey;
    private final Path identity;
    private final Path clientConfig;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedServer(ShortTemp temp, SshServer server, String hostKey, Path identity) {
        this.temp = temp;
        this.server = server;
        this.hostKey = hostKey;
        this.identity = identity;
        this.clientConfig = config("client", server.getPort());
    }

    /**
     * Starts a server, which listens when this returns.
     *
     * @throws UncheckedIOException if it cannot listen, or its directory cannot be made
     */
    public static EmbeddedServer start() {
        return start(running(home -> (channel, command) -> new ShellCommand(command, home)));
    }

    /**
     * Starts a server that forks nothing: it knows {@code echo WORDS}, {@code cat}, {@code head -c BYTES /dev/zero},
     * {@code wc -c} and {@code true}, in words without quotes, and answers 127 to all else.
     *
     * @throws UncheckedIOException as {@link #start}
     */
    public static EmbeddedServer startWithBuiltins() {
        return start(running(home -> (channel, command) -> new BuiltinCommand(command)));
    }

    private static BiConsumer<SshServer, Path> running(Function<Path, CommandFactory> commands) {
        return (server, home) -> {
            server.setCommandFactory(commands.apply(home));
            server.setChannelFactories(List.of(ShellChannel.FACTORY));
        };
    }

    /**
     * Starts a server that lets clients in as any other, and does with them what it is set up for.
     *
     * @param setUp gets it before it starts, and the directory {@code home}
     */
    static EmbeddedServer start(BiConsumer<SshServer, Path> setUp) {
        ShortTemp temp = ShortTemp.create();
        try {
            return startIn(temp, setUp);
        } catch (IOException e) {
            temp.close();
            throw new UncheckedIOException("Cannot start a server on " + Loopback.HOST, e);
        } catch (GeneralSecurityException e) {
            temp.close();
            throw new IllegalStateException("This JVM cannot make an EC key", e);
        } catch (RuntimeException e) {
            temp.close();
            throw e;
        }
    }

    @Override
    public String user() {
        return USER;
    }

    @Override
    public int port() {
        return server.getPort();
    }

    @Override
    public Path dir() {
        return temp.path();
    }

    @Override
    public Path clientConfig() {
        return clientConfig;
    }

    @Override
    public Path clientConfigForPort(int port) {
        return config("port" + port, port);
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            server.stop(true);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot stop the server on port " + port(), e);
        } finally {
            // Commands that left their process tree are known by their home directory.
            Processes.killWithVariable("HOME=" + temp.resolve("home"));
            temp.close();
        }
    }

    @Override
    public String toString() {
        return "embedded server on " + host() + ":" + port() + " in " + temp;
    }

    private static EmbeddedServer startIn(ShortTemp temp, BiConsumer<SshServer, Path> setUp)
            throws IOException, GeneralSecurityException {
        KeyPair hostKey = newKey();
        KeyPair userKey = newKey();
        Path identity = PrivateFiles.write(temp.resolve("user_key"), privateKeyFile(userKey));
        Path home = PrivateFiles.directory(temp.resolve("home"));

        SshServer server = SshServer.setUpDefaultServer();
        server.setHost(Loopback.HOST);
        server.setPort(0);
        server.setKeyPairProvider(KeyPairProvider.wrap(hostKey));
        server.setPublickeyAuthenticator((user, key, session) -> KeyUtils.compareKeys(key, userKey.getPublic()));
        setUp.accept(server, home);
        // Off by default, and then Nagle's algorithm and delayed ACKs hold the end of a command back for 40 ms.
        CoreModuleProperties.TCP_NODELAY.set(server, true);
        CoreModuleProperties.IDLE_TIMEOUT.set(server, Duration.ZERO);
        CoreModuleProperties.NIO2_READ_TIMEOUT.set(server, Duration.ZERO);
        server.start();
        return new EmbeddedServer(temp, server, PublicKeyEntry.toString(hostKey.getPublic()), identity);
    }

    private Path config(String name, int port) {
        return ClientConfig.write(temp.path(), name, USER, port, identity, hostKey);
    }

    /** ECDSA on P-256: the one kind of key that both OpenSSH and a bare JDK 17 with this ssh library understand well. */
    private static KeyPair newKey() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static byte[] privateKeyFile(KeyPair key) throws IOException, GeneralSecurityException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(key, "muxpool-testkit", null, out);
        return out.toByteArray();
    }
}
