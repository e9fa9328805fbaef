package io.muxpool;

import java.io.Serializable;

/**
 * How a command that ran to its end ended. What did not run to a known end is an exception instead: {@link
 * NotStartedException}, {@link OutcomeUnknownException}, {@link JobException}.
 */
public sealed interface Exit extends Serializable {
    /** Whether the command is known to have ended with status 0. */
    default boolean success() {
        return this instanceof Exited exited && exited.code() == 0;
    }

    /** The status a shell would show: the code itself, or 128 + n for death by signal n. */
    int shellCode();

    /** The command returned this status, certainly. */
    record Exited(int code) implements Exit {
        @Override
        public int shellCode() {
            return code;
        }

        @Override
        public String toString() {
            return "exit status " + code;
        }
    }

    /**
     * The command died of a signal, certainly.
     *
     * @param name without SIG, as RFC 4254 section 6.10 names it: {@code TERM}, {@code KILL}
     */
    record Signalled(String name, boolean coreDumped) implements Exit {
        @Override
        public int shellCode() {
            return 128 + SignalNames.number(name);
        }

        @Override
        public String toString() {
            return "death by signal " + name + (coreDumped ? " (core dumped)" : "");
        }
    }

    /**
     * A status that the way it reached us cannot tell apart from something else. With the ssh program, 255 is what a
     * command returned, or death by a signal, or a session that ended without a status. From a local child, Java reports
     * 128 + n both for a death by signal n and for that status.
     *
     * @param code the status as seen
     * @param meanings what it may stand for, as a clause
     */
    record Ambiguous(int code, String meanings) implements Exit {
        @Override
        public int shellCode() {
            return code;
        }

        @Override
        public String toString() {
            return "status " + code + " (" + meanings + ")";
        }
    }
}
