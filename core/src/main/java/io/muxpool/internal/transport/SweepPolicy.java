package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.internal.master.ServerFacts;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether what a command started is looked for when it is killed. */
final class SweepPolicy {
    private SweepPolicy() {}

    /**
     * Why not, as a clause, where no answer to a signal shows that the account has no forced command. Then only what is known
     * of the login, or of the server, can show it.
     */
    static Optional<String> refusalWithoutSignals(Command command, ServerFacts server) {
        @Nullable String refusal = refusal(command, server);
        boolean safe =
                server.isKnownToHaveShell() || Boolean.FALSE.equals(server.forcedCommand()) || server.isSmallServer();
        return refusal != null || safe
                ? Optional.ofNullable(refusal)
                : Optional.of("whether its account has a forced command, which another session would run once more, is"
                        + " not known");
    }

    /** Why not, as a clause; null when it is. */
    static @Nullable String refusal(Command command, ServerFacts server) {
        if (command.isDetached()) {
            return "it was started as detached";
        }
        return server.hasForcedCommand()
                ? "its key has a forced command, which another session would run once more"
                : null;
    }
}
