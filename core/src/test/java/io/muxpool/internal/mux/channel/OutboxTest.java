package io.muxpool.internal.mux.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.internal.mux.wire.ChannelMessage;
import io.muxpool.testkit.ShortTemp;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
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
                Outbox outbox = new Outbox(socket, () -> {}, failure -> {});
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

    @Test
    void whatTheSocketDidNotTakeWholeIsKnown() throws Exception {
        try (ShortTemp temp = ShortTemp.create();
                ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            Path path = temp.resolve("s");
            listener.bind(UnixDomainSocketAddress.of(path));
            try (SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(path));
                    SocketChannel master = listener.accept()) {
                socket.configureBlocking(false);
                List<IOException> failures = new ArrayList<>();
                Outbox outbox = new Outbox(socket, () -> {}, failures::add);
                ChannelMessage some = new ChannelMessage.Data(0, ByteBuffer.allocate(32 * 1024));
                long first = outbox.send(some, true);
                assertThat(outbox.hasTaken(first)).isFalse();
                outbox.release();
                assertThat(outbox.hasTaken(first)).isTrue();
                long last = first;
                while (outbox.hasTaken(last)) {
                    last = outbox.send(some, false);
                }
                master.close();
                outbox.flush();
                assertThat(failures).hasSize(1);
                assertThat(outbox.hasTaken(first)).isTrue();
                assertThat(outbox.hasTaken(last)).isFalse();
                assertThat(outbox.hasTaken(outbox.send(some, false))).isFalse();
                assertThat(failures).hasSize(1);
            }
        }
    }

    @Test
    void aClosedOneTakesNothingMore() throws Exception {
        try (ShortTemp temp = ShortTemp.create();
                ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            Path path = temp.resolve("s");
            listener.bind(UnixDomainSocketAddress.of(path));
            try (SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(path));
                    SocketChannel master = listener.accept()) {
                master.configureBlocking(false);
                socket.configureBlocking(false);
                Outbox outbox = new Outbox(socket, () -> {}, failure -> {});
                long held = outbox.send(new ChannelMessage.Eof(1), true);
                outbox.close();
                outbox.release();
                outbox.flush();
                assertThat(outbox.hasTaken(held)).isFalse();
                assertThat(master.read(ByteBuffer.allocate(100))).isZero();
            }
        }
    }
}
