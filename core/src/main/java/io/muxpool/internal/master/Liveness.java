package io.muxpool.internal.master;

import java.io.IOException;

/** What the control socket says about its master. */
sealed interface Liveness {
    /** It answered. */
    record Alive(long pid) implements Liveness {}

    /** Nobody listens there, or not any more: the path may be used again. */
    record Dead() implements Liveness {}

    /**
     * Somebody listens and does not answer: stopped, or stuck. The path must not be used again: should the process come
     * back, it would remove the socket of its successor when it ends.
     */
    record Hung() implements Liveness {}

    /**
     * It could not be asked, for want of something on this side: that says nothing about the master.
     *
     * @param why what was missing
     */
    record Unasked(IOException why) implements Liveness {}

    /**
     * Another user listens there, whom nothing was sent.
     *
     * @param what who, and where
     */
    record Foreign(String what) implements Liveness {}
}
