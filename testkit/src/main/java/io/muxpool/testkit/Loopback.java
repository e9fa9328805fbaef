package io.muxpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;

/** The only address anything in this package listens on. */
final class Loopback {

    static final String HOST = "127.0.0.1";

    private Loopback() {}

    /** Not {@link InetAddress#getLoopbackAddress()}, which is {@code ::1} on a JVM that prefers IPv6. */
    static InetAddress address() {
        try {
            return InetAddress.getByAddress(HOST, new byte[] {127, 0, 0, 1});
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes are an address", e);
        }
    }

    /** A port that was free a moment ago: whoever binds it must be ready to lose it and ask again. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, address())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("No free port on " + HOST, e);
        }
    }
}
