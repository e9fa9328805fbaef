package io.muxpool;

import io.muxpool.internal.doctor.Examination;
import java.util.List;
import java.util.function.Consumer;

/** Finds out why commands on a remote would not run, or not fast, and says what to do. Thread-safe. */
public final class Doctor {
    private Doctor() {}

    /** How a check went. */
    public enum Verdict {
        /** As it should be. */
        OK,
        /** Works, but could be better. */
        NOTE,
        /** Has to be mended. */
        PROBLEM,
        /** Not looked at, because of an earlier problem. */
        SKIPPED
    }

    /**
     * One check.
     *
     * @param check what was looked at
     * @param found what was found, in plain words
     * @param remedy what to do; empty when nothing is
     */
    public record Finding(String check, Verdict verdict, String found, String remedy) {}

    /**
     * Examines in this order: the ssh program, its configuration for the remote, the room for socket paths, owners and
     * modes of the socket directory, a connection, multiplexing, and the sessions that the server allows on one
     * connection. The last three use a master of their own, which is gone afterwards; warm connections are left alone.
     * Blocks up to the job's deadline.
     *
     * @param each called with every finding as it comes, in the calling thread
     * @throws JobException when the job ends first
     */
    public static List<Finding> examine(Remote remote, Job job, Consumer<Finding> each) {
        return Examination.of(remote, job, each);
    }
}
