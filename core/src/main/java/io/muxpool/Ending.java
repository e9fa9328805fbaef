package io.muxpool;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What is known of a command that was given up before it ended: whether it was started, and whether it is dead. A command
 * is more than its first process: what that process started belongs to it, also in other process groups and sessions.
 * Only what was looked for and not found is called dead; an order to kill it is not enough.
 *
 * @param why why no more is known, as a clause; empty unless the fate is {@link Fate#FIRST_PROCESS_DEAD} or {@link
 *     Fate#NOT_CONFIRMED}
 * @param survivors the processes that live on; empty unless the fate is {@link Fate#LIVES_ON}
 */
public record Ending(Fate fate, String why, List<Survivor> survivors) implements Serializable {
    private static final long serialVersionUID = 2L;

    /** The possible fates of a command that was given up. */
    public enum Fate {
        /** Certainly nothing of it ran. */
        NOT_STARTED,
        /** It was started, its first process has ended, and of the processes that it started none was left. */
        CONFIRMED_DEAD,
        /** Its first process has ended. What that one started was not looked for, and may live on. */
        FIRST_PROCESS_DEAD,
        /** Processes that it started live on, and could not be killed: see {@link Ending#survivors}. */
        LIVES_ON,
        /** It was started, or may have been, and may still run. */
        NOT_CONFIRMED
    }

    /**
     * A process of the command that could not be killed.
     *
     * @param pid its number on the machine where it runs
     * @param owner the name of its user there
     * @param command its words, at most 200 characters of them
     */
    public record Survivor(long pid, String owner, String command) implements Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public String toString() {
            return command + " (pid " + pid + ", owned by " + owner + ")";
        }
    }

    /** @throws IllegalArgumentException when a reason or the survivors are missing, or given where they do not belong */
    public Ending {
        Objects.requireNonNull(fate);
        survivors = List.copyOf(survivors);
        boolean explained = fate == Fate.FIRST_PROCESS_DEAD || fate == Fate.NOT_CONFIRMED;
        if (why.isEmpty() == explained) {
            throw new IllegalArgumentException(
                    "a reason belongs to FIRST_PROCESS_DEAD and NOT_CONFIRMED, and to them alone: " + fate + " \"" + why
                            + "\"");
        }
        if (survivors.isEmpty() == (fate == Fate.LIVES_ON)) {
            throw new IllegalArgumentException(
                    "survivors belong to LIVES_ON, and to it alone: " + fate + " " + survivors);
        }
    }

    /** Nothing of the command ran. */
    public static Ending notStarted() {
        return new Ending(Fate.NOT_STARTED, "", List.of());
    }

    /** The command's first process has ended, and nothing that it started was left. */
    public static Ending confirmedDead() {
        return new Ending(Fate.CONFIRMED_DEAD, "", List.of());
    }

    /**
     * The command's first process has ended, and nobody looked for others.
     *
     * @param why why not, as a clause; not empty
     */
    public static Ending firstProcessDead(String why) {
        return new Ending(Fate.FIRST_PROCESS_DEAD, why, List.of());
    }

    /**
     * Processes of the command could not be killed.
     *
     * @param survivors at least one
     */
    public static Ending livesOn(List<Survivor> survivors) {
        return new Ending(Fate.LIVES_ON, "", survivors);
    }

    /**
     * The command may still run.
     *
     * @param why why that cannot be told, as a clause; not empty
     */
    public static Ending notConfirmed(String why) {
        return new Ending(Fate.NOT_CONFIRMED, why, List.of());
    }

    /** As a message says it. */
    @Override
    public String toString() {
        return switch (fate) {
            case NOT_STARTED -> "not started";
            case CONFIRMED_DEAD -> "confirmed dead";
            case FIRST_PROCESS_DEAD ->
                "its first process is dead, whether what it started is dead is not known: " + why;
            case LIVES_ON ->
                (survivors.size() == 1 ? "1 process lives on: " : survivors.size() + " processes live on: ")
                        + survivors.stream().map(Survivor::toString).collect(Collectors.joining(", "));
            case NOT_CONFIRMED -> "not confirmed dead: " + why;
        };
    }
}
