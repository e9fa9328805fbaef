package io.muxpool.internal.lease;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** Control sockets without an ssh master behind them. */
final class UnixSockets {
    private UnixSockets() {}

    /** A listener at the path. Closing it leaves the socket's file, as the death of its process does. */
    static ServerSocketChannel listen(Path path) {
        try {
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                return server.bind(UnixDomainSocketAddress.of(path));
            } catch (IOException e) {
                server.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(path.toString(), e);
        }
    }

    /** A socket's file with nobody behind it: leases look at the file only. */
    static void make(Path path) {
        try (ServerSocketChannel server = listen(path)) {
            if (!server.isOpen()) {
                throw new IllegalStateException("cannot listen at " + path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(path.toString(), e);
        }
    }

    /** Whether somebody listens there. */
    static boolean isLive(Path path) {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return client.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
