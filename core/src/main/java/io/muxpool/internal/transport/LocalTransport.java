package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.CommandResult.Route;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.internal.process.Child;
import io.muxpool.internal.process.StreamFailedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** This machine: the words run directly, a shell line through {@code /bin/sh -c}. */
public record LocalTransport() implements Transport {
    // The signals that Linux and the BSDs number alike or nearly so; above them a status is only a status.
    private static final int LAST_SIGNAL = 31;

    @Override
    public String mode() {
        return "local";
    }

    @Override
    public boolean needsMaster() {
        return false;
    }

    @Override
    public Link link(Path socket) {
        return LocalTransport::run;
    }

    private static Link.Ran run(Command command, Job job) {
        List<String> words =
                command.isShell() ? List.of("/bin/sh", "-c", command.argv().get(0)) : command.argv();
        ProcessBuilder builder = new ProcessBuilder(words);
        builder.environment().putAll(command.env());
        try {
            Child.Ended ended = Child.run(builder, command, job, "running " + command, Child.Role.COMMAND);
            return new Link.Ran(exit(ended.status()), ended.stdout(), ended.stderr(), Route.DIRECT);
        } catch (IOException e) {
            throw new NotStartedException("cannot start " + command + ": " + e.getMessage(), false, e);
        } catch (StreamFailedException e) {
            throw new OutcomeUnknownException(
                    command + " was killed: " + e.getMessage(), e.partialOutput(), e.getCause());
        }
    }

    private static Exit exit(int status) {
        int signal = status - 128;
        return signal > 0 && signal <= LAST_SIGNAL
                ? new Exit.Ambiguous(status, "death by signal " + signal + ", or exit status " + status)
                : new Exit.Exited(status);
    }
}
