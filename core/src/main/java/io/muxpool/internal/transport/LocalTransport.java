package io.muxpool.internal.transport;

import io.muxpool.Command;
import io.muxpool.CommandResult.Route;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.internal.process.Child;
import io.muxpool.internal.process.UserEnvironment;
import io.muxpool.internal.stream.StreamFailedException;
import java.io.IOException;
import java.util.List;

/** This machine: the words run directly, a shell line through {@code /bin/sh -c}. */
public record LocalTransport() implements Transport.Direct {
    // The signals that Linux and the BSDs number alike or nearly so; above them a status is only a status.
    private static final int LAST_SIGNAL = 31;

    @Override
    public String mode() {
        return "local";
    }

    @Override
    public Link link() {
        return new DirectLink(LocalTransport::run, LocalTransport::start);
    }

    private static ProcessBuilder builder(Command command, LocalSweep sweep) {
        requirePossible(command);
        List<String> words =
                command.isShell() ? List.of("/bin/sh", "-c", command.argv().get(0)) : command.argv();
        ProcessBuilder builder = UserEnvironment.builder(words);
        builder.environment().putAll(command.env());
        sweep.mark(builder.environment());
        return builder;
    }

    private static Started start(Command command, Job job) {
        try {
            String doing = "running " + command;
            LocalSweep sweep = new LocalSweep(command);
            Process process = Child.open(builder(command, sweep), job, doing);
            return ChildStarted.command(process, job, doing, sweep::end, LocalTransport::exit);
        } catch (IOException e) {
            throw new NotStartedException("cannot start " + command + ": " + e.getMessage(), false, e);
        }
    }

    private static Link.Ran run(Command command, Job job) {
        LocalSweep sweep = new LocalSweep(command);
        ProcessBuilder builder = builder(command, sweep);
        try {
            Child.Ended ended = Child.run(builder, command, job, "running " + command, Child.Role.COMMAND, sweep::end);
            return new Link.Ran(exit(ended.status()), ended.stdout(), ended.stderr(), Route.DIRECT);
        } catch (IOException e) {
            throw new NotStartedException("cannot start " + command + ": " + e.getMessage(), false, e);
        } catch (StreamFailedException e) {
            throw new OutcomeUnknownException(
                    command + " was killed: " + e.getMessage(), e.partialOutput(), e.getCause());
        }
    }

    private static void requirePossible(Command command) {
        if (command.isSubsystem()) {
            throw new NotStartedException(
                    "there is no subsystem " + command
                            + " on this machine without ssh: name the program that serves it,"
                            + " or a remote, localhost for one",
                    false,
                    null);
        }
        if (command.pty().isPresent()) {
            throw new NotStartedException(
                    command + " was not started: a local command gets no terminal. Run it without, or through"
                            + " script(1), or on a remote, localhost for one",
                    false,
                    null);
        }
    }

    private static Exit exit(int status) {
        int signal = status - 128;
        return signal > 0 && signal <= LAST_SIGNAL
                ? new Exit.Ambiguous(status, "death by signal " + signal + ", or exit status " + status)
                : new Exit.Exited(status);
    }
}
