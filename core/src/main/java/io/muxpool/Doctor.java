package io.muxpool;

import io.muxpool.internal.doctor.Examination;
import java.util.List;
import java.util.function.Consumer;

/** Finds out why commands on a remote would not run, or not fast, and says what to do. Thread-safe. */
public final class Doctor {
    private Doctor() {}

    /**
     * Examines in this order: the ssh program, its configuration for the remote, the transport that a pool would choose, the
     * room for socket paths, owners and modes of the socket directory and whether a lease can be taken in it as a command
     * takes one, a connection, multiplexing, and the sessions that the server allows on one connection. The last three use a
     * master of their own at that lease's place, and both are gone afterwards; warm connections are left alone. With {@link AttachPolicy#REQUIRE_EXISTING} no login is made: it is the user's master
     * that is looked at, and its sessions are not counted.
     * Blocks up to the job's deadline.
     *
     * @param each called with every finding as it comes, in the calling thread
     * @throws JobException when the job ends first
     */
    public static List<Finding> examine(Remote remote, Job job, Consumer<Finding> each) {
        return Examination.of(remote, job, each);
    }
}
