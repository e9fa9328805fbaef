package io.muxpool.internal.mux.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.testkit.ShortTemp;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class OutboxTest {
    @Test
    void anInterruptedThreadSendsAndTheSocketStaysOpen() throws Exception {
        try (ShortTemp temp = ShortTemp.create();
                ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            Path path = temp.resolve("s");
            listener.bind(UnixDomainSocketAddress.of(path));
            try (SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(path));
                    SocketChannel master = listener.accept()) {
                socket.configureBlocking(false);
                Outbox outbox = new Outbox(socket, () -> {});
                Thread.currentThread().interrupt();
                for (int i = 0; i < 100; i++) {
                    outbox.send(new ChannelMessage.Eof(i), false);
                }
                // Also clears it for what follows.
                assertThat(Thread.interrupted()).isTrue();
                assertThat(socket.isOpen()).isTrue();
                ByteBuffer came = ByteBuffer.allocate(100 * new ChannelMessage.Eof(0).frameSize());
                while (came.hasRemaining() && master.read(came) >= 0) {
                    assertThat(came.position()).isPositive();
                }
                assertThat(came.hasRemaining()).isFalse();
            }
        }
    }
}
