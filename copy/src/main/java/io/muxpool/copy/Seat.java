package io.muxpool.copy;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import net.schmizz.sshj.common.LoggerFactory;
import net.schmizz.sshj.connection.channel.direct.Session;
import net.schmizz.sshj.connection.channel.direct.SessionFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.helpers.NOPLogger;

/**
 * A process's streams as the session that sshj's SFTP wants to open. Of that interface's forty methods it calls seven; the
 * proxies answer these and no other.
 */
final class Seat implements SessionFactory {
    // A request's length is written byte by byte, before the rest: together they are one frame.
    private static final int BUFFER = 256 * 1024 + 64;

    private final Process process;
    private final Greeting greeting;
    private final InputStream in;
    private final OutputStream out;

    Seat(Process process) {
        this.process = process;
        greeting = new Greeting(process.getInputStream());
        in = new BufferedInputStream(greeting, BUFFER);
        out = new BufferedOutputStream(process.getOutputStream(), BUFFER);
    }

    /** The first bytes that the process has written. */
    Greeting greeting() {
        return greeting;
    }

    @Override
    public Session startSession() {
        return proxy(Session.class, (self, method, args) -> switch (method.getName()) {
            case "startSubsystem" -> subsystem();
            case "getLoggerFactory" -> SILENCE;
            case "close" -> null;
            default -> throw new UnsupportedOperationException(method.toString());
        });
    }

    private Session.Subsystem subsystem() {
        return proxy(Session.Subsystem.class, (self, method, args) -> switch (method.getName()) {
            case "getInputStream" -> in;
            case "getOutputStream" -> out;
            case "getRemoteCharset" -> StandardCharsets.UTF_8;
            case "close" -> closed();
            default -> throw new UnsupportedOperationException(method.toString());
        });
    }

    /** The process's own streams: the buffers before them may be held by a write that goes nowhere. */
    private @Nullable Object closed() throws IOException {
        try (InputStream read = process.getInputStream()) {
            process.getOutputStream().close();
        }
        return null;
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(Seat.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    @Override
    public @Nullable InetSocketAddress getRemoteSocketAddress() {
        return null;
    }

    /** It logs each packet, and as errors what reaches the caller as an exception anyway. */
    private static final LoggerFactory SILENCE = new LoggerFactory() {
        @Override
        public Logger getLogger(String name) {
            return NOPLogger.NOP_LOGGER;
        }

        @Override
        public Logger getLogger(Class<?> type) {
            return NOPLogger.NOP_LOGGER;
        }
    };
}
