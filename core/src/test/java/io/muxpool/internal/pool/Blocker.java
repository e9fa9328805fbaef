package io.muxpool.internal.pool;

import io.muxpool.Command;
import io.muxpool.Input;
import io.muxpool.Output;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A command that says when it runs and goes on until it is let go. Closing lets it go. */
final class Blocker implements AutoCloseable {
    private final CountDownLatch running = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    /** The command, for one run. */
    Command command() {
        return Command.shell("echo running; cat >/dev/null; exit 3")
                .withStdin(Input.stream(new Gate()))
                .withStdout(Output.stream(new Sink()));
    }

    void awaitRunning() {
        await(running);
    }

    @Override
    public void close() {
        released.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new AssertionError("nothing came within 30 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private final class Gate extends InputStream {
        @Override
        public int read() {
            await(released);
            return -1;
        }
    }

    private final class Sink extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            running.countDown();
        }
    }
}
