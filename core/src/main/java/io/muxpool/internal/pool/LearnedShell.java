package io.muxpool.internal.pool;

import io.muxpool.Command;
import io.muxpool.Exit;
import io.muxpool.Job;
import io.muxpool.JobException;
import io.muxpool.LoginShell;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.PartialOutput;
import io.muxpool.Remote;
import io.muxpool.SshConnectException;
import io.muxpool.internal.shell.CommandLine;
import io.muxpool.internal.shell.ShellProbe;
import io.muxpool.internal.text.Printable;
import io.muxpool.internal.transport.Link;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The login shell of a pool's account: as the remote says, else as a process found out within the last day, else learned
 * by a session of its own when a command first depends on it. Thread-safe. Two commands that need it at the same time both
 * ask: neither waits for the other, which may hold the session permit that the question needs.
 */
final class LearnedShell {
    private static final Logger LOG = System.getLogger("io.muxpool.shell");
    private static final long BELIEVED_NANOS = Duration.ofDays(1).toNanos();

    /** For how long an answer that no known shell gives is not asked for again. */
    private static final long REFUSED_NANOS = Duration.ofMinutes(1).toNanos();

    /** A login shell that hangs must not take all the time that a job has. */
    private static final Duration LONGEST_PROBE = Duration.ofSeconds(30);

    private final Remote remote;
    private final Shelf shelf;
    private volatile @Nullable Known known;
    private volatile boolean noteRead;

    /**
     * What is known, and from when on.
     *
     * @param answer what was said, for a shell that is not known
     */
    private record Known(LoginShell shell, String answer, long since) {
        boolean holds() {
            long age = System.nanoTime() - since;
            return age < (shell == LoginShell.OTHER ? REFUSED_NANOS : BELIEVED_NANOS);
        }
    }

    /** Where the next process finds what this one has learned. */
    interface Shelf {
        Optional<String> kept(Job job);

        void keep(String shell, Job job);
    }

    /** Runs the question. */
    @FunctionalInterface
    interface Asking {
        Link.Ran ask(Command probe, Job job);
    }

    LearnedShell(Remote remote, Shelf shelf) {
        this.remote = remote;
        this.shelf = shelf;
    }

    /**
     * The command, to be written for the login shell where that makes a difference.
     *
     * @throws NotStartedException when it cannot be
     * @throws JobException when the job ends before the login shell is learned
     */
    Command written(Command command, Job job, Asking asking) {
        if (remote.isLocal() || command.loginShell() != LoginShell.UNKNOWN) {
            return command;
        }
        boolean depends = CommandLine.dependsOnShell(command);
        if (!depends && !command.isShell()) {
            return command;
        }
        LoginShell told = remote.loginShell();
        if (told != LoginShell.UNKNOWN) {
            return required(command, told, " Its login shell is OTHER by the option loginShell (--login-shell)");
        }
        Known now = known(job);
        if (!depends) {
            // The line stays as it is, but for fish, and for a mark that it may have to hold.
            return now != null && now.shell != LoginShell.OTHER ? command.withLoginShell(now.shell) : command;
        }
        if (now == null) {
            now = ask(command, job, asking);
            known = now;
            if (now.shell != LoginShell.OTHER) {
                shelf.keep(now.shell.name(), job);
            }
        }
        return required(
                command,
                now.shell,
                " Asked with a printf, it answered " + now.answer
                        + ". Name its login shell (Remote.Builder.loginShell, --login-shell) if it is one of those,"
                        + " or pass the data on standard input");
    }

    private Command required(Command command, LoginShell shell, String why) {
        @Nullable String obstacle = CommandLine.obstacle(command, shell);
        if (obstacle == null) {
            return command.withLoginShell(shell);
        }
        throw new NotStartedException(
                command + " was not started on " + remote + ": " + obstacle + "."
                        + (shell == LoginShell.OTHER ? why : " Pass the data on standard input"),
                false,
                null);
    }

    private @Nullable Known known(Job job) {
        Known now = known;
        if (now == null && !noteRead) {
            now = shelf.kept(job).map(LearnedShell::known).orElse(null);
            noteRead = true;
            if (now != null) {
                known = now;
            }
        }
        return now != null && now.holds() ? now : null;
    }

    private static @Nullable Known known(String note) {
        for (LoginShell shell : LoginShell.values()) {
            if (shell.name().equals(note) && shell != LoginShell.UNKNOWN && shell != LoginShell.OTHER) {
                return new Known(shell, "", System.nanoTime());
            }
        }
        return null;
    }

    private Known ask(Command command, Job job, Asking asking) {
        Job probing = Job.withTimeout(job.remaining()
                .filter(left -> left.compareTo(LONGEST_PROBE) < 0)
                .orElse(LONGEST_PROBE));
        String answer;
        LoginShell shell = LoginShell.OTHER;
        try (Job.Registration cancelled = job.onCancel(probing::cancel)) {
            Link.Ran ran = asking.ask(ShellProbe.command(), probing);
            String said = new String(ran.stdout().bytes(), StandardCharsets.UTF_8);
            shell = ran.exit().equals(new Exit.Exited(0)) ? ShellProbe.read(said) : LoginShell.OTHER;
            answer = ran.exit() + " and \"" + Printable.of(said.strip()) + "\"";
        } catch (JobException e) {
            // What was being run was no command of the caller's.
            job.check(() -> "learning the login shell of " + remote + " for " + command);
            answer = "nothing within " + LONGEST_PROBE.toSeconds() + " s";
        } catch (OutcomeUnknownException e) {
            throw new SshConnectException(
                    command + " was not started: its login shell was being learned when " + e.getMessage(), e);
        }
        LOG.log(Level.DEBUG, "login shell of {0}: {1} ({2})", remote, shell, answer);
        return new Known(shell, answer, System.nanoTime());
    }

    /**
     * Says that the outcome is unknown where a command succeeded with nothing but the complaint of a login shell that reports
     * success for a line of which it ran nothing: fish for one that it cannot parse, yash for one with characters that its
     * locale does not have.
     */
    static Link.Ran judged(Command command, Link.Ran ran) {
        // The lengths first: nearly every command goes no further.
        if (ran.stderr().bytes().length > 6
                && ran.stdout().bytes().length == 0
                && ran.exit().equals(new Exit.Exited(0))) {
            String said = new String(ran.stderr().bytes(), StandardCharsets.UTF_8);
            if (isComplaint(command, said)) {
                throw new OutcomeUnknownException(
                        command
                                + " may not have run: its status is 0, but its login shell reports that also for a line that"
                                + " it cannot read, and it complained: "
                                + Printable.of(said.lines().findFirst().orElse("")),
                        new PartialOutput(ran.stdout().bytes(), ran.stderr().bytes()),
                        null);
            }
        }
        return ran;
    }

    private static boolean isComplaint(Command command, String said) {
        // Words never make a line that fish cannot parse.
        boolean fish = command.isShell()
                && command.loginShell() == LoginShell.UNKNOWN
                && said.startsWith("fish: ")
                && !said.startsWith("fish: Unknown command");
        return fish || said.startsWith("yash: cannot convert the argument `");
    }
}
