package io.muxpool.fleet;

import java.io.Serializable;

/**
 * What became of the command on one host. Immutable; made for {@code switch}.
 *
 * <pre>
 *   started?   ended?          outcome
 *   no         never tried     Skipped       the run stopped before its turn
 *   no         -               NotStarted    safe to run again
 *   yes        by itself       Exited, Signalled
 *   yes        killed by us    Killed        confirmed dead
 *   perhaps    not known       Unknown       look before running it again
 * </pre>
 */
public sealed interface HostOutcome extends Serializable {
    /** Whether the command is known to have ended with status 0. */
    default boolean success() {
        return this instanceof Exited exited && exited.status() == 0;
    }

    /** Whether anything of the command may have run there. False is certain. */
    default boolean mayHaveRun() {
        return !(this instanceof NotStarted) && !(this instanceof Skipped);
    }

    /** One word for tables and JSON: {@code exited}, {@code signalled}, {@code not_started}, ... */
    String kind();

    /** The command returned this status, certainly. */
    record Exited(int status) implements HostOutcome {
        @Override
        public String kind() {
            return "exited";
        }

        @Override
        public String toString() {
            return "exit status " + status;
        }
    }

    /**
     * The command died of a signal, certainly.
     *
     * @param name without SIG
     */
    record Signalled(String name) implements HostOutcome {
        @Override
        public String kind() {
            return "signalled";
        }

        @Override
        public String toString() {
            return "death by signal " + name;
        }
    }

    /** Nothing of the command ran, certainly. */
    record NotStarted(String why) implements HostOutcome {
        @Override
        public String kind() {
            return "not_started";
        }

        @Override
        public String toString() {
            return "not started: " + why;
        }
    }

    /** The command was given up, by a deadline or a cancel, and its process is known to be dead. It ran in part. */
    record Killed(String why) implements HostOutcome {
        @Override
        public String kind() {
            return "killed";
        }

        @Override
        public String toString() {
            return "killed: " + why;
        }
    }

    /** It may have run wholly, partly or not at all, and may still run. */
    record Unknown(String why) implements HostOutcome {
        @Override
        public String kind() {
            return "unknown";
        }

        @Override
        public String toString() {
            return "outcome unknown: " + why;
        }
    }

    /** Its turn never came: the run had been stopped. */
    record Skipped(String why) implements HostOutcome {
        @Override
        public String kind() {
            return "skipped";
        }

        @Override
        public String toString() {
            return "skipped: " + why;
        }
    }
}
