package io.muxpool.internal.mux;

import io.muxpool.Exit;
import org.jspecify.annotations.Nullable;

/** How a command's channel ended. */
public sealed interface End {
    /** The server has closed the channel, and had said how the command ended: all of its output has come. */
    record Completed(Exit exit) implements End {}

    /** The server has closed the channel without a word about the command's end. */
    record NoStatus() implements End {}

    /**
     * It was not started, for want of a channel.
     *
     * @param refused whether the server said no, rather than the connection being gone
     */
    record NotOpened(String reason, boolean refused) implements End {}

    /** The server would not run it. */
    record NotRun(String reason) implements End {}

    /**
     * The master was lost after the command was sent.
     *
     * @param exit what had been told of its end by then; output may be missing all the same
     */
    record Lost(Throwable cause, @Nullable Exit exit) implements End {}

    /**
     * We gave it up, and closed the channel before the server did.
     *
     * @param exit what had been told of its end by then
     */
    record GivenUp(@Nullable Exit exit) implements End {}
}
