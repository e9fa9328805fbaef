package io.muxpool.internal.pool;

import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.internal.transport.Started;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;

/** A dry run in its caller's hands: nothing runs, and that has ended well. */
final class NothingStarted implements Started {
    private final OutputStream stdin = OutputStream.nullOutputStream();
    private final InputStream stdout = InputStream.nullInputStream();
    private final InputStream stderr = InputStream.nullInputStream();

    @Override
    public OutputStream stdin() {
        return stdin;
    }

    @Override
    public InputStream stdout() {
        return stdout;
    }

    @Override
    public InputStream stderr() {
        return stderr;
    }

    @Override
    public CompletableFuture<Exit> exited() {
        return CompletableFuture.completedFuture(new Exit.Exited(0));
    }

    @Override
    public CompletableFuture<Left> freed() {
        return CompletableFuture.completedFuture(Left.NOTHING);
    }

    @Override
    public boolean takesSignals() {
        return false;
    }

    @Override
    public CompletableFuture<Boolean> signal(String name) {
        return CompletableFuture.failedFuture(new IOException("nothing runs in a dry run"));
    }

    @Override
    public CompletableFuture<Ending> kill() {
        return CompletableFuture.completedFuture(Ending.notStarted());
    }

    @Override
    public void resize(int columns, int rows) {}
}
