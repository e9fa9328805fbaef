package io.muxpool.cli;

import io.muxpool.Command;
import io.muxpool.CommandResult;
import io.muxpool.ConnectionPool;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.Output;
import io.muxpool.Remote;
import io.muxpool.RetryPolicy;
import io.muxpool.ShellQuote;
import io.muxpool.SocketDirectoryException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muxpool run}: one command, its three streams passed through byte for byte, its exit code this one's. */
@CommandLine.Command(
        name = "run",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        customSynopsis = "muxpool run [options] user@host -- command [argument...]",
        description = "Runs a command on a remote over a warm connection, or on this machine when the host is '-'.",
        exitCodeOnInvalidInput = ExitCodes.SSH,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0..254:the command's own, or 128+n when it died of signal n",
            "124:--timeout ran out",
            "255:not started, outcome unknown (one line says which), or bad usage"
        })
final class RunCommand implements Callable<Integer> {
    private static final int MOST_SHOWN = 500;

    private static final int MOST_JSON_CAPTURE = 64 * 1024 * 1024;

    /** A quarter of a small heap, so that both outputs fit while they are joined from their pieces. */
    private static final int JSON_CAPTURE =
            (int) Math.min(MOST_JSON_CAPTURE, Runtime.getRuntime().maxMemory() / 4);

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RemoteOptions remoteOptions = new RemoteOptions();

    @Parameters(index = "0", paramLabel = "user@host", description = "where to run it; '-' for this machine")
    private String host = "";

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "command",
            description = "the command's words; each arrives there as it is here")
    private List<String> words = new ArrayList<>();

    @Option(names = "--timeout", paramLabel = "TIME", description = "give up after 500ms, 10s, 2m; connecting counts")
    private @Nullable Duration timeout;

    @Option(
            names = "--retries",
            paramLabel = "N",
            description = "try again up to N times what certainly has not started (default: 0)")
    private int retries;

    @Option(names = "--json", description = "print one JSON object on standard output: outcome, code, both outputs ...")
    private boolean json;

    @Option(names = "--shell", description = "the command is one line for the remote shell, not quoted: pipes, globs")
    private boolean shell;

    @Option(
            names = "--detach",
            description = "leave what the command starts in the background alone when the command is killed")
    private boolean detach;

    @Option(
            names = "--return-on-exit",
            description = "end when the command has exited, though what it started holds its outputs open, such as a"
                    + " server started with &; what they have said by then is delivered (mux and local only)")
    private boolean returnOnExit;

    @Option(
            names = "-n",
            description = "read no standard input, as with ssh -n: for loops such as 'while read', and the background")
    private boolean noInput;

    @Option(names = "--dry-run", description = "say what would be run, and do nothing")
    private boolean dryRun;

    @Option(
            names = "--pool",
            paramLabel = "NAME",
            description = "the pool; those of different names share no connection (default: cli)")
    private String pool = "cli";

    @Option(names = "--capacity", paramLabel = "N", description = "commands at a time on a connection (default: 8)")
    private int capacity = ConnectionPool.DEFAULT_CAPACITY;

    @Override
    public Integer call() {
        long start = System.nanoTime();
        // All of the user's words are looked at here, before anything is done with them.
        Prepared prepared;
        try {
            prepared = prepare();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), Text.oneLine(String.valueOf(e.getMessage())));
        }
        Job job = timeout == null ? Job.create() : Job.withTimeout(timeout);
        // Open until all is said: whoever ends this process by a signal still hears how the command ended.
        try (Shutdown shutdown = Shutdown.cancels(job)) {
            Outcome outcome = run(prepared, job);
            if (json) {
                Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
                return print(prepared.command.argv(), outcome, elapsed);
            }
            if (outcome.message() != null) {
                System.err.println("muxpool: " + Text.oneLine(outcome.message()));
            }
            return outcome.exitCode();
        }
    }

    private static int print(List<String> argv, Outcome outcome, Duration elapsed) {
        CommandResult result = outcome.result();
        boolean cut = result != null && (result.stdoutTruncated() || result.stderrTruncated());
        Outcome said = cut && JSON_CAPTURE < MOST_JSON_CAPTURE ? outcome.tooLarge(JSON_CAPTURE) : outcome;
        try {
            JsonReport.run(OwnOutput.stdout(), argv, said, elapsed);
            return outcome.exitCode();
        } catch (OutOfMemoryError e) {
            // Not the command's status: a script that trusts it would take half of an object for the whole.
            System.err.println("muxpool: " + outcome.tooLarge(0).message());
            return ExitCodes.SSH;
        }
    }

    private record Prepared(Command command, ConnectionPool.Builder pool, RetryPolicy policy) {}

    private Prepared prepare() {
        Remote remote = remoteOptions.remote(host);
        if (timeout != null && timeout.isZero()) {
            throw new IllegalArgumentException("--timeout must be more than 0");
        }
        if (returnOnExit && remoteOptions.waitsForOutputs()) {
            throw new IllegalArgumentException("--return-on-exit needs the transport mux: an ssh process ends with the"
                    + " outputs, not with the command");
        }
        if (retries < 0) {
            throw new IllegalArgumentException("--retries must not be negative: " + retries);
        }
        return new Prepared(
                command(),
                // One command, and then this process ends: a channel opened ahead would only be in its way.
                ConnectionPool.builder(remote, pool).capacity(capacity).spares(0),
                RetryPolicy.builder().maxRetries(retries).build());
    }

    private Command command() {
        List<String> argv = !words.isEmpty() && words.get(0).equals("--") ? words.subList(1, words.size()) : words;
        return command(argv, shell)
                .withStdin(noInput ? Input.none() : Input.inherit())
                .withStdout(json ? Output.capture(JSON_CAPTURE) : Output.inherit())
                .withStderr(json ? Output.capture(JSON_CAPTURE) : Output.inherit())
                .withDetached(detach)
                .withReturnOnExit(returnOnExit)
                .withDryRun(dryRun);
    }

    /** @throws IllegalArgumentException when the words make no command, or would arrive changed */
    static Command command(List<String> argv, boolean shell) {
        if (shell && argv.size() != 1) {
            throw new IllegalArgumentException("--shell takes one argument, the line; got " + argv.size());
        }
        for (String word : argv) {
            // What Java makes of bytes that are no text here. The command would get something else than was typed.
            if (word.indexOf('\ufffd') >= 0) {
                throw new IllegalArgumentException("a word is not UTF-8 text and would arrive changed: \"" + word
                        + "\"; pass such bytes on standard input");
            }
        }
        return shell ? Command.shell(argv.get(0)) : Command.of(argv);
    }

    /** The user's own words, with the option that helps in place of those that it contradicts. */
    private String workingLine(SocketDirectoryException e) {
        List<String> given = spec.commandLine().getParseResult().originalArgs();
        List<String> own = new ArrayList<>(given.subList(given.indexOf("run") + 1, given.size()));
        int i = 0;
        while (i < own.size() && !own.get(i).equals(host)) {
            String option = own.get(i).replaceFirst("=.*", "");
            if (List.of("--socket-dir", "--transport", "--attach").contains(option)) {
                own.subList(i, own.get(i).contains("=") ? i + 1 : i + 2).clear();
            } else {
                i++;
            }
        }
        List<String> line = new ArrayList<>(List.of("muxpool", "run"));
        line.addAll(e.alternative()
                .map(directory -> List.of("--socket-dir", directory.toString()))
                .orElse(List.of("--no-reuse")));
        boolean isShort = own.stream().mapToInt(String::length).sum() <= MOST_SHOWN;
        line.addAll(isShort ? own : own.subList(0, i + 1));
        return ShellQuote.line(line) + (isShort ? "" : " ...");
    }

    private Outcome run(Prepared prepared, Job job) {
        if (dryRun) {
            // What is asked for is to see it, with or without -v.
            StderrLoggers.setVerbose(true);
        }
        try (ConnectionPool open = prepared.pool.open()) {
            CommandResult result = prepared.policy.call(job, retry -> open.run(prepared.command, job));
            return Outcome.of(result);
        } catch (SocketDirectoryException e) {
            return Outcome.failure(
                    "not_started", "not started: " + e.getMessage() + ". This works here: " + workingLine(e));
        } catch (RuntimeException e) {
            return Outcome.of(e).orElseThrow(() -> e);
        } catch (OutOfMemoryError e) {
            return Outcome.failure(
                    "unknown", "outcome unknown: this process has no memory or no thread left: " + e.getMessage());
        }
    }
}
