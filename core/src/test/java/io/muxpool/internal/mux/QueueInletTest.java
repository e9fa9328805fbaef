package io.muxpool.internal.mux;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class QueueInletTest {
    private final QueueInlet inlet = new QueueInlet();
    private final AtomicLong taken = new AtomicLong();

    private void accept(byte[] bytes) {
        inlet.accept(ByteBuffer.wrap(bytes), taken::addAndGet);
    }

    @Test
    void payloadsOfAllSizesComeOutAsTheyWentIn() throws Exception {
        byte[] all = new byte[200_000];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) (i * 31);
        }
        InputStream stream = inlet.stream();
        byte[] came = new byte[all.length];
        int read = 0;
        for (int at = 0, size = 1; at < all.length; at += size, size = size * 3 % 5000 + 1) {
            size = Math.min(size, all.length - at);
            inlet.accept(ByteBuffer.wrap(all, at, size), taken::addAndGet);
            // Read less than came, so that chunks are filled while they are read.
            read += stream.read(came, read, Math.max(1, size / 2));
        }
        assertThat(stream.available()).isEqualTo(all.length - read);
        inlet.end(null);
        assertThat(stream.readNBytes(came, read, all.length - read)).isEqualTo(all.length - read);
        assertThat(stream.read()).isEqualTo(-1);
        assertThat(came).isEqualTo(all);
        assertThat(taken).hasValue(all.length);
    }

    @Test
    void whatIsTakenInChunksIsAllThere() throws Exception {
        accept(new byte[] {1});
        accept(new byte[] {2, 3});
        ByteBuffer chunk = Objects.requireNonNull(inlet.take());
        assertThat(chunk).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        // Behind what was taken out, not into it.
        accept(new byte[] {4});
        assertThat(chunk.remaining()).isEqualTo(3);
        assertThat(inlet.take()).isEqualTo(ByteBuffer.wrap(new byte[] {4}));
        assertThat(taken).hasValue(0);
        inlet.tookAll(4);
        assertThat(taken).hasValue(4);
    }

    @Test
    void whatIsDiscardedCountsAsTakenOnce() throws Exception {
        accept(new byte[10]);
        InputStream stream = inlet.stream();
        assertThat(stream.read(new byte[4])).isEqualTo(4);
        stream.close();
        assertThat(taken).hasValue(10);
        accept(new byte[5]);
        assertThat(taken).hasValue(15);
    }

    @Test
    void aWindowOfOneBytePayloadsCostsLittleMoreThanTheBytes() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        ByteBuffer one = ByteBuffer.allocate(1);
        int payloads = 1_000_000;
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < payloads; i++) {
            inlet.accept(one.clear(), n -> {});
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(2L * payloads);
    }
}
