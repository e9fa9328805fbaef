package io.muxpool.internal.unix;

import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import jdk.net.ExtendedSocketOptions;

/** Connects to sockets in the file system, and only to those that we ourselves, or root, listen at. */
public final class LocalSocket {
    private LocalSocket() {}

    /** Somebody else listens there. Nothing was sent. */
    public static final class ForeignPeerException extends IOException {
        private static final long serialVersionUID = 1L;

        private ForeignPeerException(Path socket, String user) {
            super("user " + user + " listens at " + socket + ", neither you nor root: nothing was sent there");
        }
    }

    /**
     * Connects; never waits.
     *
     * @return connected, non-blocking, and nothing sent yet
     * @throws ForeignPeerException when another user than us or root listens there, as the kernel says (SO_PEERCRED)
     * @throws java.net.ConnectException when nobody listens there
     * @throws SocketException when whoever listens has too many callers waiting
     */
    public static SocketChannel connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            // The connect to a stopped listener's full backlog would wait for ever.
            channel.configureBlocking(false);
            if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
                throw new SocketException("the connection was not accepted");
            }
            UserPrincipal peer =
                    channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
            if (!User.isTrusted(peer)) {
                throw new ForeignPeerException(socket, peer.getName());
            }
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }
}
