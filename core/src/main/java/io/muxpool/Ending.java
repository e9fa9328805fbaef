package io.muxpool;

import java.io.Serializable;
import java.util.Objects;

/**
 * What is known of a command that was given up before it ended: whether it was started, and whether it is dead. Only a
 * process that is known to have ended is called dead; an order to kill it is not enough.
 *
 * @param why why its death cannot be confirmed, as a clause; empty unless it cannot
 */
public record Ending(Fate fate, String why) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The three things that can have become of a command. */
    public enum Fate {
        /** Certainly nothing of it ran. */
        NOT_STARTED,
        /** It was started, and its process has ended. What it put in another session or group on purpose may live on. */
        CONFIRMED_DEAD,
        /** It was started, or may have been, and may still run. */
        NOT_CONFIRMED
    }

    /** @throws IllegalArgumentException when a reason is missing, or given where there is nothing to explain */
    public Ending {
        Objects.requireNonNull(fate);
        if (why.isEmpty() == (fate == Fate.NOT_CONFIRMED)) {
            throw new IllegalArgumentException(
                    "a reason belongs to NOT_CONFIRMED, and to it alone: " + fate + " \"" + why + "\"");
        }
    }

    /** Nothing of the command ran. */
    public static Ending notStarted() {
        return new Ending(Fate.NOT_STARTED, "");
    }

    /** The command's process has ended. */
    public static Ending confirmedDead() {
        return new Ending(Fate.CONFIRMED_DEAD, "");
    }

    /**
     * The command may still run.
     *
     * @param why why that cannot be told, as a clause; not empty
     */
    public static Ending notConfirmed(String why) {
        return new Ending(Fate.NOT_CONFIRMED, why);
    }

    /** As a message says it. */
    @Override
    public String toString() {
        return switch (fate) {
            case NOT_STARTED -> "not started";
            case CONFIRMED_DEAD -> "confirmed dead";
            case NOT_CONFIRMED -> "not confirmed dead: " + why;
        };
    }
}
