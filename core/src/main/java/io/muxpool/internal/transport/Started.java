package io.muxpool.internal.transport;

import io.muxpool.Ending;
import io.muxpool.Exit;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;

/** A command that runs with its streams in the caller's hands. Thread-safe. */
public interface Started {
    /** Towards its standard input. */
    OutputStream stdin();

    /** Its standard output; to be read or closed, or it will not end. */
    InputStream stdout();

    /** Its standard error; likewise. */
    InputStream stderr();

    /**
     * Done when its process has ended: with the exit, or with the exception that says why that is not known. A process's
     * outputs may still be on their way.
     */
    CompletableFuture<Exit> exited();

    /** Done when all that can be known of its end is: with what became of the session it took. */
    CompletableFuture<Left> freed();

    /** What a command leaves behind on its connection. */
    enum Left {
        /** Nothing: its session is over. */
        NOTHING,
        /** It was given up, may go on, and the server may hold its session as long. */
        MAYBE_A_SESSION
    }

    /** Whether {@link #signal} reaches it. */
    boolean takesSignals();

    /**
     * Signals it.
     *
     * @param name without SIG
     * @return whether it was delivered; fails when it has ended
     */
    CompletableFuture<Boolean> signal(String name);

    /** Kills it: TERM, the grace, KILL. Done when it is known what became of it, which takes bounded time. */
    CompletableFuture<Ending> kill();

    /** Tells its terminal another size. */
    void resize(int columns, int rows);
}
