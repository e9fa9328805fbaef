package io.muxpool;

/** Which ControlMasters a remote's commands may use: the user's own, one that another process left, or a new one. */
public enum AttachPolicy {
    /**
     * Only the user's own master, at the {@code ControlPath} that {@code ssh -G} resolves. No login is ever made: without
     * such a master every command fails as {@link NotStartedException}. The master is never stopped.
     */
    REQUIRE_EXISTING,
    /** A warm master of the socket directory that no living process holds, else a new one; the default. */
    CREATE_IF_MISSING,
    /** A master made by this process: never a warm one that another process left. */
    ALWAYS_NEW
}
