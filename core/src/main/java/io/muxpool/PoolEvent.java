package io.muxpool;

import java.time.Duration;

/** Something that happened in a pool; see {@link PoolListener}. Immutable. */
public sealed interface PoolEvent {
    /**
     * A connection is ready for commands.
     *
     * @param masterPid the ControlMaster's process
     * @param reused whether it was there before: no handshake was paid
     * @param took from the check to the answer
     */
    record Connected(long masterPid, boolean reused, Duration took) implements PoolEvent {
        /** One that took from {@code startNanos}, as of {@link System#nanoTime}, until now. */
        public static Connected since(long startNanos, long masterPid, boolean reused) {
            return new Connected(masterPid, reused, Duration.ofNanos(System.nanoTime() - startNanos));
        }
    }

    /** A caller has got a slot, after so long. */
    record SlotTaken(Duration waited) implements PoolEvent {}

    /**
     * A channel was opened on a connection.
     *
     * @param ahead whether no command was waiting for it
     * @param took from the OPEN to its confirmation: a round trip and the server's part
     */
    record ChannelOpened(boolean ahead, Duration took) implements PoolEvent {}

    /**
     * A command was sent to the server, which may start it from now on.
     *
     * @param waited from the call to the sending
     */
    record CommandSent(Duration waited) implements PoolEvent {}

    /**
     * A command has ended, or was given up.
     *
     * @param command what ran; its {@code toString} has the words, quoted, without variables
     * @param outcome {@code success}, {@code failure}, {@code timeout}, {@code cancel}, {@code not started}, {@code unknown}
     * @param took from the call to its end
     */
    record CommandEnded(Command command, String outcome, Duration took) implements PoolEvent {}

    /** A connection was lost. */
    record ConnectionLost(String reason) implements PoolEvent {}

    /** The receive window of a channel was tuned: sizes in bytes. */
    record WindowChanged(int before, int after) implements PoolEvent {}
}
