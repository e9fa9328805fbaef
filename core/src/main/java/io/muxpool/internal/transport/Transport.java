package io.muxpool.internal.transport;

import io.muxpool.internal.master.ControlMaster;

/**
 * A way of getting commands run. One contract for all ways: a command runs at most once, its words arrive unchanged, and
 * what {@link Link#run} says of its end is true.
 */
public sealed interface Transport {
    /** Names the kind in logs, and for those that need a master in the lease layout: masters of kinds are never mixed. */
    String mode();

    /** One that does all by itself. */
    sealed interface Direct extends Transport permits LocalTransport, PlainTransport {
        /** A link to run commands over. */
        Link link();
    }

    /** One whose commands go over a master's connection. */
    sealed interface OnMaster extends Transport permits ProcessTransport, MuxTransport {
        /** A link to run commands over; makes sure of the master before each. Connects nothing yet. */
        Link link(ControlMaster master, LinkOwner owner);
    }
}
