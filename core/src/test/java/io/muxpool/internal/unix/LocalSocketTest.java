package io.muxpool.internal.unix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.ShortTemp;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LocalSocketTest {
    /** Listens, says so, and then says what it hears. */
    private static final String STRANGER = """
            use IO::Socket::UNIX;
            my $server = IO::Socket::UNIX->new(Type => SOCK_STREAM(), Local => $ARGV[0], Listen => 5) or die;
            chmod 0777, $ARGV[0];
            $| = 1;
            print "listens\\n";
            my $client = $server->accept();
            my $heard = join '', <$client>;
            print "heard ", length($heard), "\\n";
            """;

    @RegisterExtension
    static final LeakCheck LEAKS = new LeakCheck();

    private final ShortTemp temp = ShortTemp.create();
    private final Path socket = temp.resolve("s");

    @AfterEach
    void deleteDirectory() {
        temp.close();
    }

    @Test
    void ownListenerIsConnectedToWithoutBlocking() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            try (SocketChannel ours = LocalSocket.connect(socket);
                    SocketChannel theirs = server.accept()) {
                assertThat(ours.isBlocking()).isFalse();
                assertThat(ours.read(ByteBuffer.allocate(1))).isZero();
                theirs.write(ByteBuffer.wrap(new byte[] {7}));
                assertThat(ours.read(ByteBuffer.allocate(1))).isEqualTo(1);
            }
        }
    }

    @Test
    void nobodyListeningIsTold() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThatExceptionOfType(ConnectException.class).isThrownBy(() -> LocalSocket.connect(socket));
    }

    @Test
    void fullBacklogIsTold() throws IOException {
        List<SocketChannel> callers = new ArrayList<>();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket), 1);
            assertThatExceptionOfType(SocketException.class).isThrownBy(() -> {
                for (int i = 0; i < 100; i++) {
                    callers.add(LocalSocket.connect(socket));
                }
            });
        } finally {
            for (SocketChannel caller : callers) {
                caller.close();
            }
        }
    }

    @Test
    void anotherUsersListenerIsSentNotAByteAndNamed() throws Exception {
        assumeTrue(User.id() == 0, "only root can be somebody else");
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/perl")) && Files.isExecutable(Path.of("/usr/bin/setpriv")),
                "a stranger needs perl and setpriv");
        Files.setPosixFilePermissions(temp.path(), PosixFilePermissions.fromString("rwxrwxrwx"));
        Process stranger = new ProcessBuilder(
                        "setpriv",
                        "--reuid=65534",
                        "--regid=65534",
                        "--clear-groups",
                        "perl",
                        "-e",
                        STRANGER,
                        socket.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader says = stranger.inputReader(StandardCharsets.UTF_8)) {
            assertThat(says.readLine()).isEqualTo("listens");
            assertThatExceptionOfType(LocalSocket.ForeignPeerException.class)
                    .isThrownBy(() -> LocalSocket.connect(socket))
                    .withMessageContaining(socket.toString())
                    .withMessageContaining("neither you nor root");
            assertThat(says.readLine()).isEqualTo("heard 0");
        } finally {
            stranger.destroyForcibly().waitFor();
        }
    }
}
